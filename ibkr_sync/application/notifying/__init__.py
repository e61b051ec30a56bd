"""Notifying others of a refresh: that it began, how it ended, and what it saw."""
