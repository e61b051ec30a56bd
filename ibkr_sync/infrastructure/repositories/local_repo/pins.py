"""Pins as they are stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection

from ibkr_sync.domain.ports.pins import Pin, PinPort
from ibkr_sync.infrastructure.repositories.local_repo.database.snapshot import read_once
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import pins
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading, writing

if TYPE_CHECKING:
    from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database

_COLUMNS = (pins.c.word, pins.c.symbol, pins.c.exchange, pins.c.trading_class, pins.c.multiplier)


class LocalPins(PinPort):
    """Pins in a SQLite or PostgreSQL database, beside the products."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def pin(self, pin: Pin) -> None:
        row = {
            "word": pin.word,
            "symbol": pin.symbol,
            "exchange": pin.exchange,
            "trading_class": pin.trading_class,
            "multiplier": pin.multiplier,
            "pinned_at": self._clock(),
        }
        with writing(self._database) as connection:
            connection.execute(delete(pins).where(pins.c.word == pin.word))
            connection.execute(insert(pins), row)

    def unpin(self, word: str) -> bool:
        if self.pinned(word) is None:
            return False  # what holds no pins is not created for that
        with writing(self._database) as connection:
            return connection.execute(delete(pins).where(pins.c.word == word)).rowcount > 0

    def pinned(self, word: str) -> Pin | None:
        with reading(self._database) as connection:
            row = connection.execute(select(*_COLUMNS).where(pins.c.word == word)).first()
        return None if row is None else Pin(**row._asdict())

    def all_pins(self) -> tuple[Pin, ...]:
        with reading(self._database) as connection:
            return read_once(connection, _all_pins)


def _all_pins(connection: Connection) -> tuple[Pin, ...]:
    rows = connection.execute(select(*_COLUMNS)).all()
    return tuple(sorted((Pin(**row._asdict()) for row in rows), key=lambda pin: pin.word))
