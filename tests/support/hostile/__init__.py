"""Attacks, and inputs spoiled on purpose."""
