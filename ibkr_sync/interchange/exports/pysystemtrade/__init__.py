"""The table of contracts at IBKR that a user of pysystemtrade keeps: what is wrong in it."""
