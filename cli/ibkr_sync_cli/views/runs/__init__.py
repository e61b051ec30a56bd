"""What runs came to, as tables and records."""
