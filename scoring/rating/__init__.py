"""From indicator outcomes to score, grade and what would change it. Entered by `assessment`."""
