"""SHOW: a published snapshot in, pages out."""
