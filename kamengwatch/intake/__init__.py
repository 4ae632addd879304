"""What people hand in: evidence, lists, forms, orders, assisted look-ups."""
