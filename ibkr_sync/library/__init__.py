"""The same questions from Python: a thin layer that reads arguments and asks the services."""
