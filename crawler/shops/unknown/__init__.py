"""Goods of shops whose system nobody knows, from structure alone. Pure; entered by crawler/shops/generic.py."""
