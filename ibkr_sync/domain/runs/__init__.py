"""Runs that bring products up to date: their outcomes, their order, and how old data may be."""
