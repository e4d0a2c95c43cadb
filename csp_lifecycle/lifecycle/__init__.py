"""What follows: which row opens, what is recorded, what it adds up to, what time brings, what is legal."""
