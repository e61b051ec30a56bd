"""What upkeep came to: pruned and reread replies, and files for other systems."""
