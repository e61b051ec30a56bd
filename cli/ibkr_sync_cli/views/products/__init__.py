"""Products and contracts, as tables and records."""
