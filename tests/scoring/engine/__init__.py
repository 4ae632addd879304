"""Where and how a rating runs."""
