"""The product's programs as a test starts and stops them."""
