"""Acquisition from a file in our own export format."""
