"""What TWS and its clients say to each other, as text."""
