"""Where results, remarks and the log go."""
