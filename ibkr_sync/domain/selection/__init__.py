"""Which product, and which contract of its chain: one, or an error that lists them."""
