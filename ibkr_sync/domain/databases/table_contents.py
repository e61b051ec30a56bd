"""What a table of a database holds, so far that it can be compared with a copy of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TableContents:
    """The rows of a table: equal ones have equal checksums, in SQLite and in PostgreSQL.

    Attributes:
        sha256: in hexadecimal, over the rows in the order of their primary key.
    """

    table: str
    rows: int
    sha256: str
