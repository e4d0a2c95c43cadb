"""Where history is kept: one contract, several engines."""
