"""What the public hands in: pure records and the inbox they are written to."""
