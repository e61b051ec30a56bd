"""Our own file formats, and those of others that are read, written or reviewed."""
