"""Hosts, names, numbers, dates and queries as people write them. Pure; entered by `query`."""
