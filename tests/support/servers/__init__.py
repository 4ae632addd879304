"""Servers on loopback, a browser, and the guard that lets nothing leave."""
