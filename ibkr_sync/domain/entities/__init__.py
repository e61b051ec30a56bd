"""Frozen values: products, contracts and what they are made of."""
