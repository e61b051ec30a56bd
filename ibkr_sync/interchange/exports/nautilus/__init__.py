"""NautilusTrader: its catalogue of instruments, and what its IB adapter is to load."""
