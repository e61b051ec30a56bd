"""Runs as rows: opened, closed, and what came of each product."""
