"""What it costs: reads what is recorded, decides nothing."""
