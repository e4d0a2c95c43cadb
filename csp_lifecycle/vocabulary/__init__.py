"""What can be said: commands, events, the subscription they add up to, and the catalog they speak of."""
