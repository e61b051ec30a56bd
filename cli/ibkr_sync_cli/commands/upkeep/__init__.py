"""Keeping the installation and its database in order."""
