"""Markets written as evidence in the open format, with their truth."""
