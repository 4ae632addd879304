"""Snapshots and single-site files."""
