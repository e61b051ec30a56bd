"""Raw replies that are kept: bounded, read again, and saved as recordings."""
