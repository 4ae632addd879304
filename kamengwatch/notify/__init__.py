"""Telling subscribers and operators what changed."""
