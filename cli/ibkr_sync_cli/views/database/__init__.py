"""What a database holds and takes, and what became of it."""
