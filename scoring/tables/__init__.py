"""The rows and sentences of each published table."""
