"""Adapters to the world outside: repositories and the replay gateway."""
