"""What a person types for a product or contract, and what it may mean."""
