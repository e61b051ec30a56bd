"""What the product does, in the domain's words."""
