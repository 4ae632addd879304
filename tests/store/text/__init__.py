"""Hosts, names, numbers, redaction, kinds."""
