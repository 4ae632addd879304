"""KEEP."""
