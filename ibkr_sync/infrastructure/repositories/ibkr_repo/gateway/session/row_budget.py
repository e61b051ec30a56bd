"""How much memory the rows of a session may take, all replies together."""

from __future__ import annotations

import weakref

from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import SentRows

_MEGABYTE = 1024 * 1024

MAX_SESSION_WEIGHT = 96 * _MEGABYTE
"""Some 4,000 contracts with all they say: several times what IBKR has of any symbol."""

MAX_REPLY_WEIGHT = 64 * _MEGABYTE

MAX_FIELDS = 256
"""A contract has fewer, its security ids included, and the longest tick ladder too."""

# What was measured of text with a character beyond Latin-1, of items and of security ids.
_BYTES_OF_A_BYTE = 4
_BYTES_OF_AN_ITEM = 64
_BYTES_OF_A_FIELD = 256


def weight_of_row(frame: bytes, fields: int) -> int:
    """The bytes of memory that a row of so many fields takes once it is decoded and read."""
    items = frame.count(b",")
    return _BYTES_OF_A_BYTE * len(frame) + _BYTES_OF_AN_ITEM * items + _BYTES_OF_A_FIELD * fields


class RowBudget:
    """Weighs the rows that are in memory, those of complete replies too.

    Rows count until whoever was given them lets go of them.
    """

    def __init__(self) -> None:
        self._held: list[weakref.ref[SentRows]] = []
        self._at_most = 0

    def hold(self) -> SentRows:
        """Rows of a new reply, none yet."""
        rows = SentRows()
        self._held = [
            *(reference for reference in self._held if reference() is not None),
            weakref.ref(rows),
        ]
        return rows

    def is_exceeded_by(self, added: int) -> bool:
        """Whether all rows together, with what was just added, take more than a session may.

        They are added up only where what was ever added since then would be too much.
        """
        self._at_most += added
        if self._at_most > MAX_SESSION_WEIGHT:
            rows = (reference() for reference in tuple(self._held))
            self._at_most = sum(row.weight for row in rows if row is not None)
        return self._at_most > MAX_SESSION_WEIGHT
