"""Until when contracts may be held, what was imported of that, and what contradicts what."""
