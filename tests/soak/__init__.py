"""What is too heavy for every day."""
