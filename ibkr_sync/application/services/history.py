"""What users ask of the past: what changed, and what was known at an instant."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from ibkr_sync.domain.errors import NotYetKnownError
from ibkr_sync.domain.evidence.product_update import PRODUCT
from ibkr_sync.domain.history.as_of import end_of, product_as_of
from ibkr_sync.domain.history.event_digest import digest_events, digest_history, digest_run
from ibkr_sync.domain.history.events import (
    Event,
    event_of,
    expiry_event,
    in_order_of_severity,
    is_first_sight_event,
    ladder_event,
)
from ibkr_sync.domain.history.recorded_history import (
    NOTHING_BEFORE,
    ProductHistory,
    RecordedEnd,
    ReplySpan,
)
from ibkr_sync.domain.history.remark_changes import single_remark_changes
from ibkr_sync.domain.selection.size_choice import chain_of_size

if TYPE_CHECKING:
    from ibkr_sync.application.services.deliveries.delivery import DeliveryService
    from ibkr_sync.domain.entities.contracts import FuturesContract
    from ibkr_sync.domain.entities.futures import Future, ProductKey
    from ibkr_sync.domain.entities.market_rules import MarketRule
    from ibkr_sync.domain.ports.history import HistoryPort


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
    """Gives what was recorded; every method raises StorageError."""

    def __init__(self, history: HistoryPort, deliveries: DeliveryService | None = None) -> None:
        self._history = history
        self._deliveries = deliveries

    def changes(
        self,
        since: datetime,
        now: datetime,
        product: ProductKey | None = None,
        contract: FuturesContract | None = None,
        *,
        until: datetime | None = None,
    ) -> tuple[Event, ...]:
        """What happened since an aware instant to a contract, a product, or all; gravest first.

        Until `now`, unless `until` is an earlier instant. Of one severity in order of time.

        The first contracts of a product are one event, and so is what changed of a product and
        alike of its contracts; of a single contract both are given. A contract that moved
        has what happened to it elsewhere too; the product that it left has only that it did. That
        first notice or a cut-off came near is among it.
        """
        con_id, end = None if contract is None else contract.con_id, until or now
        since = max(since, NOTHING_BEFORE)  # a day before the first of all can't be looked at
        period = self._history.period(since, end, product, con_id)
        if contract is not None:
            period = period.of_contract(contract)
        found = digest_events(period, since, end)
        if self._deliveries is not None:
            keys = None if product is None else {product}
            found = (*found, *self._deliveries.events(since, end, keys, con_id))
        # What a clock that was ahead dated later than now is not left out without `until`.
        return in_order_of_severity(event for event in found if until is None or event.at <= until)

    def of_run(
        self,
        run: int,
        product: ProductKey | None = None,
        contract: FuturesContract | None = None,
    ) -> tuple[Event, ...]:
        """What a run saw, what matters most first; nothing where there is no such run.

        Of all, or of one product, or one contract of it.
        Of a product that was synced before, with what no run sees and came between: that contracts
        stopped trading, that first notice or a cut-off came near.
        """
        found = self._history.of_run(run)
        seen = in_order_of_severity((*digest_run(found), *self._came_near(found.spans)))
        con_id = None if contract is None else contract.con_id
        return tuple(
            event
            for event in seen
            if product in {None, event.product} and con_id in {None, event.con_id}
        )

    def _came_near(self, spans: Mapping[ProductKey, ReplySpan]) -> Iterator[Event]:
        if self._deliveries is None or not spans:
            return
        since = min(span.after for span in spans.values())
        until = max(span.until for span in spans.values())
        for event in self._deliveries.events(since, until, spans.keys()):
            if spans[event.product].covers(event.at):
                yield event

    def of_product(self, product: ProductKey, now: datetime) -> HistoryReport:
        """All that happened to a product and to its contracts; raises ProductNotFoundError."""
        history = self._history.of_product(product)
        own = [
            change
            for change in history.changes
            if change.product == product or change.field == PRODUCT
        ]
        first_run = min(
            (
                change.run
                for change in own
                if is_first_sight_event(change) and change.product == product
            ),
            default=None,
        )
        expiries = _expiries(history, history.product.contracts, now)
        ladders = map(ladder_event, history.ladders)
        return HistoryReport(
            product=product,
            first_seen_at=history.first_seen_at,
            events=_in_order((*digest_history(own, first_run), *ladders, *expiries)),
        )

    def of_contract(
        self, product: ProductKey, contract: FuturesContract, now: datetime
    ) -> HistoryReport:
        """All that happened to a stored contract of a product; raises ProductNotFoundError."""
        history = self._history.of_product(product)
        changes = (change for change in history.changes if change.con_id == contract.con_id)
        listing = contract.listing
        first_seen_at = listing.first_seen_at if listing else history.first_seen_at
        rules = {venue.market_rule_id for venue in contract.venues}
        ladders = (ladder for ladder in history.ladders if ladder.new.market_rule_id in rules)
        found = (
            *(
                event_of(change)
                for change in single_remark_changes(changes)
                if not change.is_after_end
            ),
            *(ladder_event(ladder) for ladder in ladders if ladder.at > first_seen_at),
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
        """The tick ladders that applied under these ids at an aware instant."""
        return self._history.market_rules(ids, at)


def _expiries(
    history: ProductHistory, contracts: tuple[FuturesContract, ...], now: datetime
) -> tuple[Event, ...]:
    key = history.product.key
    ended = (RecordedEnd(product=key, contract=contract) for contract in contracts)
    return tuple(event for end in ended if (event := expiry_event(end, now)) is not None)


def _in_order(events: tuple[Event, ...]) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda item: item.at))
