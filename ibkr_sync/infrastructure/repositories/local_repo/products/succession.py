"""When a row counts as seen that stands beside the one it replaces."""

from __future__ import annotations

from datetime import datetime, timedelta

_LEAST = timedelta(microseconds=1)
"""What both databases distinguish."""


def instant_of_succession(replaced: datetime, now: datetime) -> datetime:
    """Give `now`, or the next instant after the row that is replaced if that is not over yet.

    Of such rows the newest applies, which must be the one written last, even after the clock
    was set back. Both are aware UTC.
    """
    return max(now, replaced + _LEAST)
