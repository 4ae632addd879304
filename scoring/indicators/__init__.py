"""One file per indicator, found by scanning this folder: a pure function named like its file; its docstring is published."""
