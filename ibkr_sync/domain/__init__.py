"""The field's own terms and rules; imports nothing but the standard library."""
