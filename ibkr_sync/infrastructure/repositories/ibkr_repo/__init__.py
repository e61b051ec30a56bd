"""Acquisition from TWS / IB Gateway: session, translation and IBKR's rules."""
