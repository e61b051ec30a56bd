"""Services; each knows ports only."""
