"""Personal data out of text. Entered by `redact`."""
