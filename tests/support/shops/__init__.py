"""Shop pages with known truth."""
