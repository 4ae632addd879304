"""The cash-flow warning: surges, signals, the state machine."""
