"""Durations, moments, sizes, clocks, fields and rules, as people type and read them."""
