"""Schedules, workers, notices."""
