"""KEEP: the vocabulary as tables, the engine, the evidence archive."""
