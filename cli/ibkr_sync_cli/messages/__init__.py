"""What is said of an error, the next command to type, and the exit code."""
