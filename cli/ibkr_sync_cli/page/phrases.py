"""How days are written on the page."""

from __future__ import annotations

from datetime import date

from ibkr_sync_cli.units.quantities import quantity_of


def day_text(day: date) -> str:
    """A day as people write it: `Fri 18 Dec 2026`."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def recent_day_text(day: date) -> str:
    """A day of the last weeks: `Tue 24 Nov`."""
    return f"{day:%a} {day.day} {day:%b}"


def days_text(days: int) -> str:
    """How far away a day is: `today`, `1 day left`."""
    return "today" if days == 0 else f"{quantity_of(days, 'day')} left"
