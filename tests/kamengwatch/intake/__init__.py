"""Lists, forms, orders."""
