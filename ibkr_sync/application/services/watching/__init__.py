"""What is to be kept up to date, and lists of it that are imported."""
