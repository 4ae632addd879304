"""Data folders and what they hold."""
