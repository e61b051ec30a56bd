"""Typed tables of stored data: as rows, and as Arrow, pandas and polars have them."""
