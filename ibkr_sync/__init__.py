"""Reference data of futures at Interactive Brokers, kept in a local database."""

__version__ = "0.1.0"
