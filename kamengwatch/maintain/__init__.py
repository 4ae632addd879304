"""Keeping an installation well: doctor, health of sources, integrity, backup, moving to PostgreSQL, setting up."""
