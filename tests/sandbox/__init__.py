"""The market in a box."""
