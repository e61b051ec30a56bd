"""Adapters that notify others: a heartbeat over HTTP, and a command of the user's."""
