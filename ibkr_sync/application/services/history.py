"""What users ask of the past: what changed, and what was known at an instant."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.errors import NotYetKnownError
from ibkr_sync.domain.evidence.product_update import PRODUCT
from ibkr_sync.domain.history.as_of import end_of, product_as_of
from ibkr_sync.domain.history.event_digest import digest_events, digest_history
from ibkr_sync.domain.history.events import (
    Event,
    event_of,
    expiry_event,
    is_first_sight_event,
    ladder_event,
)
from ibkr_sync.domain.history.recorded_history import ProductHistory, RecordedEnd
from ibkr_sync.domain.history.remark_changes import single_remark_changes
from ibkr_sync.domain.ports.history import HistoryPort
from ibkr_sync.domain.selection.size_choice import chain_of_size

if TYPE_CHECKING:
    from ibkr_sync.application.services.deliveries.delivery import DeliveryService


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryReport:
    """All that was recorded of a product, or of one contract of it.

    Attributes:
        contract: None for a product.
        first_seen_at: when the product or the contract was seen first.
        events: in order of time.
    """

    product: ProductKey
    contract: FuturesContract | None = None
    first_seen_at: datetime
    events: tuple[Event, ...]


class HistoryService:
    """Tells what was recorded; every method raises StorageError."""

    def __init__(self, history: HistoryPort, deliveries: DeliveryService | None = None) -> None:
        self._history = history
        self._deliveries = deliveries

    def changes(
        self,
        since: datetime,
        now: datetime,
        product: ProductKey | None = None,
        contract: FuturesContract | None = None,
    ) -> tuple[Event, ...]:
        """What happened between two aware instants: to a contract, to a product, or to all.

        The first contracts of a product are one event, and so is what changed of a product and
        alike of its contracts; of a single contract both are told. A contract that moved is
        told of with what happened to it elsewhere; of the product that it left, that it did. That
        first notice or a cut-off came near is among it.
        """
        con_id = None if contract is None else contract.con_id
        period = self._history.period(since, now, product, con_id)
        if contract is not None:
            period = period.of_contract(contract)
        found = digest_events(period, since, now)
        if self._deliveries is None:
            return found
        return _in_order((*found, *self._deliveries.events(since, now, product, con_id)))

    def of_product(self, product: ProductKey, now: datetime) -> HistoryReport:
        """All that happened to a product and to its contracts; raises ProductNotFoundError."""
        history = self._history.of_product(product)
        own = [each for each in history.changes if each.product == product or each.field == PRODUCT]
        first_reply = min(
            (each.at for each in own if is_first_sight_event(each) and each.product == product),
            default=None,
        )
        expiries = _expiries(history, history.product.contracts, now)
        ladders = map(ladder_event, history.ladders)
        return HistoryReport(
            product=product,
            first_seen_at=history.first_seen_at,
            events=_in_order((*digest_history(own, first_reply), *ladders, *expiries)),
        )

    def of_contract(
        self, product: ProductKey, contract: FuturesContract, now: datetime
    ) -> HistoryReport:
        """All that happened to a stored contract of a product; raises ProductNotFoundError."""
        history = self._history.of_product(product)
        changes = (each for each in history.changes if each.con_id == contract.con_id)
        listing = contract.listing
        first_seen_at = listing.first_seen_at if listing else history.first_seen_at
        rules = {venue.market_rule_id for venue in contract.venues}
        ladders = (each for each in history.ladders if each.new.market_rule_id in rules)
        found = (
            *(event_of(each) for each in single_remark_changes(changes) if not each.is_after_end),
            *(ladder_event(each) for each in ladders if each.at > first_seen_at),
            *_expiries(history, (contract,), now),
        )
        return HistoryReport(
            product=product,
            contract=contract,
            first_seen_at=first_seen_at,
            events=_in_order(found),
        )

    def as_of(
        self, product: ProductKey, as_of: date | datetime, multiplier: Decimal | None = None
    ) -> Future:
        """The product with its chain as it was known in the past (see `product_as_of`).

        Without the contracts that a multiplier decides against. Raises ProductNotFoundError, or
        NotYetKnownError if it was stored only later.
        """
        history = self._history.of_product(product)
        past = product_as_of(history, as_of)
        if past is None:
            raise NotYetKnownError(product, at=end_of(as_of), since=history.first_seen_at)
        return chain_of_size(past, multiplier)

    def market_rules(self, ids: Collection[int], at: datetime) -> tuple[MarketRule, ...]:
        """The tick ladders that applied under these ids at an aware instant (see the port)."""
        return self._history.market_rules(ids, at)


def _expiries(
    history: ProductHistory, contracts: tuple[FuturesContract, ...], now: datetime
) -> tuple[Event, ...]:
    key = history.product.key
    ended = (RecordedEnd(product=key, contract=contract) for contract in contracts)
    return tuple(event for each in ended if (event := expiry_event(each, now)) is not None)


def _in_order(events: tuple[Event, ...]) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda each: each.at))
