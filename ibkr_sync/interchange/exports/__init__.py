"""Files that other systems read, made of stored products."""
