"""What all answers of an open database have in common."""

from __future__ import annotations

from ibkr_sync.library.session import Session


class Answers:
    """What is stored, in the words of the commands.

    A symbol is whatever people call a product or a contract: `ES`, `6E`, `CL@NYMEX`, `FDAX`,
    `ESZ6`, `ES 202612`, a conId, also as a number; or a `ProductKey`. `exchange`, `currency`,
    `trading_class` and `multiplier` narrow what it may mean; without a symbol `exchange` narrows
    all that is stored. Every method raises ValueError for an argument that can't be read, TypeError
    for one of another type, and otherwise errors of the tree of `IbkrSyncError`:
    ProductLookupError for a symbol that names no single product or contract, StorageError for the
    database.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
