"""What is used every day."""
