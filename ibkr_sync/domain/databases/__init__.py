"""Databases: how they are named without their secrets, and what their tables hold."""
