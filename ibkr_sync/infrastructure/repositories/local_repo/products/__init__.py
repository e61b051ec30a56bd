"""Products as rows: read, planned and written."""
