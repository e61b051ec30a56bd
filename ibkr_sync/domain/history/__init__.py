"""What was recorded of the past, and what it says."""
