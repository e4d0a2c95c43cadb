"""What things are: quantities without domain rules."""
