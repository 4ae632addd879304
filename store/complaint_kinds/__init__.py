"""What a complaint is about. Entered by `classify`."""
