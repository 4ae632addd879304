"""Studies and training; nothing here is installed."""
