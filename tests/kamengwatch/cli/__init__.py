"""Commands as typed, settings, logs, setting up."""
