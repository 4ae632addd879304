"""API, limits, hostile text."""
