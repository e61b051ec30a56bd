"""What a person types after a command, and what it stands for."""
