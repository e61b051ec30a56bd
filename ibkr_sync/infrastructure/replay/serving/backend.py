"""What all sessions of one gateway share: the data, the clock, the client ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Protocol

from ibkr_sync.infrastructure.replay.protocol.dialect import Dialect
from ibkr_sync.infrastructure.replay.rows import MarketRuleRow
from ibkr_sync.infrastructure.replay.serving.interceptor import Interceptor
from ibkr_sync.infrastructure.replay.serving.matching import MatchableRows


class ClientIdHolder(Protocol):
    """Who can hold a client id: a session, as long as its client is there."""

    @property
    def is_connected(self) -> Callable[[], bool]:
        """Gives whether the client is still there."""


class ClientIds:
    """Which client ids are taken; safe between threads."""

    def __init__(self) -> None:
        self._holders: dict[int, ClientIdHolder] = {}
        self._lock = Lock()

    def claim(self, client_id: int, claimant: ClientIdHolder) -> bool:
        """Take an id, also from a holder whose client has left; False when it is in use."""
        with self._lock:
            holder = self._holders.get(client_id)
            if holder is not None and holder is not claimant and holder.is_connected():
                return False
            self._holders[client_id] = claimant
            return True

    def release(self, leaving: ClientIdHolder) -> None:
        """Give back whatever ids a session holds."""
        with self._lock:
            self._holders = {
                client_id: holder
                for client_id, holder in self._holders.items()
                if holder is not leaving
            }


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """What all sessions of a gateway share."""

    server_version: int
    book: MatchableRows
    market_rules: Mapping[str, MarketRuleRow]
    now: Callable[[], datetime]
    dialect_of: Callable[[int], Dialect]
    interceptor: Interceptor
    client_ids: ClientIds = field(default_factory=ClientIds)
    dialects: dict[int, Dialect] = field(default_factory=dict)

    def dialect(self, server_version: int) -> Dialect:
        """One dialect for each version, so that its encoded rows are shared."""
        return self.dialects.setdefault(server_version, self.dialect_of(server_version))
