"""Copies, campaigns, links."""
