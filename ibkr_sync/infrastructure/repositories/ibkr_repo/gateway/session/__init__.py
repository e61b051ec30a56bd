"""One session with a gateway, from its first message to its end."""
