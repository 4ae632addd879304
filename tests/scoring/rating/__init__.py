"""Scores, grades, figures, the method."""
