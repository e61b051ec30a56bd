"""The views for whoever asks in SQL."""
