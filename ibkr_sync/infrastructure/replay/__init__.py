"""A gateway on loopback that speaks the TWS text protocol from recorded or sample data."""
