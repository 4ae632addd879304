"""Tests, in folders that mirror the rooms; `support` holds what they share."""
