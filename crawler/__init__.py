"""COLLECT: pages in, captures and observations out."""
