"""Finding, erasing and expiring what concerns a person."""
