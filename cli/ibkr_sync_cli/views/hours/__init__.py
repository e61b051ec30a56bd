"""Hours, as tables and records."""
