"""Goods, contacts and words of shop pages."""
