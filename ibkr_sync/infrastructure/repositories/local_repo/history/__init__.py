"""What changed, ended and was found when, as rows recorded it: read, and never written."""
