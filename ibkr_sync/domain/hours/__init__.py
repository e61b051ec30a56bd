"""When exchanges trade: sessions, days, and clocks."""
