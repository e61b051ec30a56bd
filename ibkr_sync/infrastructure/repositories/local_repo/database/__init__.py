"""A database in general: connections, transactions, locks, failures."""
