"""Answers to a shell that completes a word, within a tenth of a second: no library is loaded."""
