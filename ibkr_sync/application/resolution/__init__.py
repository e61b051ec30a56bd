"""From what a person types to the product, and the contract, that it names."""
