"""What a command came to, written on stdout and stderr."""
