"""Answers about what is stored, for one symbol or several."""
