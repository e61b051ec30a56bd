"""What a complete reply says of what is stored, and the update planned from it."""
