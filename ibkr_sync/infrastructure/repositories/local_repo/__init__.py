"""Persistence: SQLAlchemy on SQLite or PostgreSQL."""
