"""The dates at which contracts end, counted in business days."""
