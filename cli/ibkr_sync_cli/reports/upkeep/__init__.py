"""What upkeep came to: reread replies, and files for other systems."""
