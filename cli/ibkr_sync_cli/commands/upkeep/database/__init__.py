"""The database itself: looked at, kept small, moved, backed up and restored."""
