"""Durations, moments, sizes and clocks, as people type and read them."""
