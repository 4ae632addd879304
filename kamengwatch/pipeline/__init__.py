"""Crawl, rate, publish, serve, by hand or on schedule. Entered by `run` and `scheduler`."""
