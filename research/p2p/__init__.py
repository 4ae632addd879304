"""What our indicators say about P2P lending platforms whose end is known. Entered by `measure`."""
