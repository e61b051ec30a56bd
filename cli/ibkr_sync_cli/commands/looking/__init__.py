"""Looking at what is stored."""
