"""A small world with public-looking addresses for rehearsals of the product as it is installed: names, sites, registries.

It runs inside a network namespace of its own, knows nothing of the product and imports none of its rooms.
"""
