"""The same words and figures everywhere."""
