"""The database's rows as columns in memory. Entered by `dataset`."""
