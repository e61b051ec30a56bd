"""What the product does, told in the domain's words."""
