"""COLLECT."""
