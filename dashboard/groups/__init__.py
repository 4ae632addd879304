"""Operators and clusters of linked sites: whose sites, whom to notify, and what of it is handed on in formats of other tools."""
