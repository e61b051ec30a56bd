"""Raw replies as they are kept: whole, packed, and not for ever."""
