"""Indicators and the rules behind them."""
