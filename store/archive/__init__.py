"""Captured bytes: WARC files, their rows, and letting go of them."""
