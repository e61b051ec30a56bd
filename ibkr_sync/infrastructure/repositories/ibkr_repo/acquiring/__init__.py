"""Which questions lead to a product, in which order, and when to ask again."""
