"""The calendar of some stored products, of what is watched, or of all."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ibkr_sync.application.services.deliveries.delivery import DeliveryService
from ibkr_sync.application.services.watching.watchlist import WatchlistService
from ibkr_sync.domain.delivery.days_before import DaysBefore
from ibkr_sync.domain.delivery.expirations import Expiration
from ibkr_sync.domain.entities.futures import Future, ProductKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpirationCalendar:
    """What ends and what gives notice, in order of days.

    Attributes:
        is_of_nothing: whether nothing that was asked for is stored.
    """

    expirations: tuple[Expiration, ...]
    is_of_nothing: bool


class CalendarService:
    """Gives the calendar of what is asked for."""

    def __init__(self, deliveries: DeliveryService, watchlist: WatchlistService) -> None:
        self._deliveries = deliveries
        self._watchlist = watchlist

    def calendar(
        self,
        now: datetime,
        within: DaysBefore,
        *,
        named: Collection[Future] | None = None,
        exchange: str | None = None,
        watched: bool = False,
        groups: Collection[str] = (),
    ) -> ExpirationCalendar:
        """Give the calendar from today, at the aware instant `now`, for some days.

        Of the contracts that `named` products have, else of all products, or of those of an
        exchange, by IBKR's code; of what is `watched` alone, or what is in some groups of the
        watchlist. Raises UnknownGroupError, MalformedSymbolError or StorageError.
        """
        keys = self._keys(named, groups, is_watched=watched or bool(groups))
        contracts = {other.con_id for product in named or () for other in product.contracts}
        found = (
            expiration
            for expiration in self._deliveries.expirations(now, within, keys)
            if named is None or expiration.delivering.contract.con_id in contracts
            if named is not None or exchange in (None, expiration.delivering.product.exchange)
        )
        return ExpirationCalendar(
            expirations=tuple(found), is_of_nothing=keys is not None and not keys
        )

    def _keys(
        self, named: Collection[Future] | None, groups: Collection[str], *, is_watched: bool
    ) -> frozenset[ProductKey] | None:
        """The products that are asked for; None for all."""
        keys = None if named is None else frozenset(product.key for product in named)
        if not is_watched:
            return keys
        states = self._watchlist.states(groups)
        watched = frozenset(summary.key for state in states for summary in state.stored)
        return watched if keys is None else keys & watched
