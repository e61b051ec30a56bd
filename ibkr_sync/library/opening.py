"""Opening a database for a program."""

from __future__ import annotations

from os import PathLike, fspath

from ibkr_sync.bootstrap.clock import utc_now
from ibkr_sync.library.reference_data import ReferenceData
from ibkr_sync.library.session import Session


def open(  # noqa: A001 - as `gzip.open`, it is called by the name of its package
    database: str | PathLike[str] | None = None, *, profile: str | None = None
) -> ReferenceData:
    """Open the database of the user's settings, or another one by its file or URL.

    Settings, environment and `profile` count as they do for the command line. Nothing is connected
    or created: a file that does not exist is an empty database, which the first `get`, `refresh`,
    pin or entry of the watchlist creates. Raises ConfigError for settings that can't be used.

    >>> with ibkr_sync.open("futures.db") as futures:
    ...     futures.contract("ESZ6").last_trade_date
    datetime.date(2026, 12, 18)
    """
    location = None if database is None else fspath(database)
    return ReferenceData(Session({"database": location, "profile": profile}, utc_now))
