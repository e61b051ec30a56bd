"""Files with dates of deliveries, in the formats of IBKR and of exchanges."""
