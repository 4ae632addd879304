"""Keeping an installation well and its data private."""
