"""The tables, and bringing a database to them."""
