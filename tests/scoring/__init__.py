"""JUDGE."""
