"""Until when contracts may be held: rules for the dates of deliveries, in business days."""
