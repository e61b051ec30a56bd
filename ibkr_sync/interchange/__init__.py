"""Our own file formats: products as JSON and CSV, and lists for the watchlist."""
