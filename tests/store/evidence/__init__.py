"""Taking evidence in."""
