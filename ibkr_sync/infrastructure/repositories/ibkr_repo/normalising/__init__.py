"""From the rows of a complete reply to entities: pure, and strict about what it believes."""
