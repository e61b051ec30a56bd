"""What a session must know of a frame before ibapi decodes it."""
