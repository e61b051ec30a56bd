"""Files of others: what was taken from them, and what is wrong in them."""
