"""From a socket to complete replies."""
