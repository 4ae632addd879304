"""Each source, replayed and served."""
