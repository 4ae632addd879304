"""Answers of sources, read."""
