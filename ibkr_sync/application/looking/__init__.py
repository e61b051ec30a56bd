"""Answers about what is stored: products as they are or were known, and what ends when."""
