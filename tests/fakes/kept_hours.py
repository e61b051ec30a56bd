"""Hours by day in a dictionary."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.entities.schedules import TradingSchedule
from ibkr_sync.domain.hours.hours_by_day import (
    DayHours,
    SentDay,
    hours_by_day_to_keep,
    newly_said_days,
)
from ibkr_sync.domain.ports.kept_hours import KeptHours


class InMemoryKeptHours(KeptHours):
    """Keeps what the local repository keeps; `days` is what a test may look at."""

    def __init__(self) -> None:
        self.days: dict[ProductKey, dict[date, DayHours]] = {}
        self._chains: dict[ProductKey, tuple[FuturesContract, ...]] = {}

    def hours_by_day(self, key: ProductKey) -> dict[date, DayHours]:
        return dict(sorted(self.days.get(key, {}).items()))

    def keep(self, product: Future, schedule: TradingSchedule, now: datetime) -> None:
        """Keep what a window says, as storing a product with these hours does."""
        before = self._chains.get(product.key, ())
        chain = tuple(
            dataclasses.replace(contract, schedule=schedule) for contract in product.contracts
        )
        self._chains[product.key] = chain
        given = dataclasses.replace(product, contracts=chain)
        said = hours_by_day_to_keep(given, before, [contract.con_id for contract in chain], now)
        kept = self.days.setdefault(product.key, {})
        kept.update(newly_said_days(said, kept))

    def keep_as_sent(
        self, key: ProductKey, day: date, trading: str | None, time_zone_id: str
    ) -> None:
        """Keep a day as former versions did."""
        sent = SentDay(trading=trading, liquid=None, time_zone_id=time_zone_id)
        self.days.setdefault(key, {})[day] = DayHours(sent=sent)
