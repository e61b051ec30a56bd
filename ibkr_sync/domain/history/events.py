"""What happened to products and contracts, as typed events: read from history, and from dates."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from ibkr_sync.domain.canonical_text import (
    TRACKED_OF_CONTRACT,
    TRACKED_OF_PRODUCT,
    canonical_text,
    parse_canonical_text,
)
from ibkr_sync.domain.entities.contracts import LAST_ZONE, ContractState, FuturesContract, Venue
from ibkr_sync.domain.entities.delivery import DELIVERY_FACTS, RULED_SOURCES
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.entities.remarks import RemarkKind
from ibkr_sync.domain.evidence.product_absence import CLOSED_AT
from ibkr_sync.domain.evidence.product_update import DELISTED, LISTED, LISTING, MISSING, PRODUCT
from ibkr_sync.domain.evidence.remarks import REMARK_FIELDS, REMARKS
from ibkr_sync.domain.evidence.replacement import REPLACED_BY
from ibkr_sync.domain.history.recorded_history import RecordedChange, RecordedEnd, RecordedLadder
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync.domain.hours.wall_clock import midnight_by_clock

STATE: Final = "state"
"""The field of an event that no run recorded: that trading stopped."""

LADDER: Final = "market_rule"
"""The field of an event about a tick ladder: its id, then the steps from each edge on."""

RECORDED_FIELDS: Final = frozenset(
    (
        *(*TRACKED_OF_PRODUCT, *TRACKED_OF_CONTRACT, *REMARK_FIELDS, *DELIVERY_FACTS),
        *(LISTING, PRODUCT, REPLACED_BY, STATE, LADDER),
    )
) - {REMARKS}
"""Every field that an event may be about."""


class EventType(StrEnum):
    """What happened."""

    NEW = "NEW"
    EXPIRED = "EXPIRED"
    MISSING = "MISSING"
    DELISTED = "DELISTED"
    RETURNED = "RETURNED"
    EXPIRY_MOVED = "EXPIRY_MOVED"
    MONTH_CHANGED = "MONTH_CHANGED"
    MULTIPLIER_CHANGED = "MULTIPLIER_CHANGED"
    MAGNIFIER_CHANGED = "MAGNIFIER_CHANGED"
    TICK_CHANGED = "TICK_CHANGED"
    EXCHANGE_RENAMED = "EXCHANGE_RENAMED"
    SYMBOL_RENAMED = "SYMBOL_RENAMED"
    CLASS_CHANGED = "CLASS_CHANGED"
    LOCAL_SYMBOL_CHANGED = "LOCAL_SYMBOL_CHANGED"
    CURRENCY_CHANGED = "CURRENCY_CHANGED"
    ZONE_CHANGED = "ZONE_CHANGED"
    NAME_CHANGED = "NAME_CHANGED"
    UNDERLYING_CHANGED = "UNDERLYING_CHANGED"
    VENUES_CHANGED = "VENUES_CHANGED"
    MOVED = "MOVED"
    REPLACED = "REPLACED"
    CLOSED = "CLOSED"
    ODD_ROW = "ODD_ROW"
    DATES_DISAGREE = "DATES_DISAGREE"
    DELIVERY_CHANGED = "DELIVERY_CHANGED"
    CORRECTED = "CORRECTED"
    NOTICE_NEAR = "NOTICE_NEAR"
    CUTOFF_NEAR = "CUTOFF_NEAR"
    NO_LONGER_STATED = "NO_LONGER_STATED"
    FIELD_CHANGED = "FIELD_CHANGED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a product or to one of its contracts.

    Attributes:
        product: today's key of the product.
        product_id: see `RecordedChange`; None for what is recorded of contracts alone.
        con_id: None for what happened to the product itself.
        local_symbol: today's name of the contract.
        field: the field that changed; `listing`, `product`, `state` or `market_rule` for
            what is no field.
        old: canonical text (see `canonical_text`); None for what was not known, or not there. Of a
            delivery's fact it has the confidence and the source too.
        new: as `old`; of a product seen for the first time the count of its contracts.
        at: UTC instant at which it was first seen; of an expiry, at which trading stopped.
        run: the run that saw it; None for an expiry and what came near, which no run sees.
    """

    type: EventType
    severity: Severity
    product: ProductKey
    product_id: int | None = None
    con_id: int | None
    local_symbol: str | None
    field: str
    old: str | None
    new: str | None
    at: datetime
    run: int | None

    @property
    def event_id(self) -> str:
        """What distinguishes the event from all others of its database at any time: 16 digits."""
        own = tuple(self.product) if self.product_id is None else (self.product_id,)
        subject = own if self.con_id is None else self.con_id
        # What no run saw is distinguished by its severity: of one date there are two warnings.
        seen_by = self.severity.value if self.run is None else self.run
        identity = (seen_by, subject, self.type.value, self.field, self.old, self.new)
        return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]

    def __str__(self) -> str:
        """The event in a line: `MULTIPLIER_CHANGED STI@SGX 10 -> 2`."""
        symbol, exchange, trading_class = self.product
        named = f"{symbol}@{exchange}" if symbol == trading_class else str(self.product)
        field = () if self.type in _NAMING_THEIR_FIELD else (self.field,)
        old = () if self.old is None and self.type in _BEGINNINGS else (self.old or "-", "->")
        words = (self.type.value, self.local_symbol or named, *field, *old, self.new or "-")
        return " ".join(words)


_BEGINNINGS: Final = frozenset((EventType.NEW, EventType.NOTICE_NEAR, EventType.CUTOFF_NEAR))
"""Events before which there was nothing."""

_NAMING_THEIR_FIELD: Final = frozenset(EventType) - {
    *(EventType.FIELD_CHANGED, EventType.DELIVERY_CHANGED, EventType.CORRECTED),
    *(EventType.NAME_CHANGED, EventType.UNDERLYING_CHANGED, EventType.TICK_CHANGED),
}
"""Events whose type says which field changed."""

_LISTING_EVENTS: Final = {
    LISTED: (EventType.RETURNED, Severity.NOTICE),
    MISSING: (EventType.MISSING, Severity.NOTICE),
    DELISTED: (EventType.DELISTED, Severity.CRITICAL),
}
_FIELD_EVENTS: Final = {
    "last_trade_date": (EventType.EXPIRY_MOVED, Severity.CRITICAL),
    "last_trade_at": (EventType.EXPIRY_MOVED, Severity.CRITICAL),
    "real_expiration_date": (EventType.FIELD_CHANGED, Severity.INFO),
    "contract_month": (EventType.MONTH_CHANGED, Severity.NOTICE),
    "multiplier": (EventType.MULTIPLIER_CHANGED, Severity.CRITICAL),
    "price_magnifier": (EventType.MAGNIFIER_CHANGED, Severity.CRITICAL),
    "min_tick": (EventType.TICK_CHANGED, Severity.CRITICAL),
    "exchange": (EventType.EXCHANGE_RENAMED, Severity.CRITICAL),
    "symbol": (EventType.SYMBOL_RENAMED, Severity.CRITICAL),
    "currency": (EventType.CURRENCY_CHANGED, Severity.CRITICAL),
    "time_zone": (EventType.ZONE_CHANGED, Severity.CRITICAL),
    "trading_class": (EventType.CLASS_CHANGED, Severity.NOTICE),
    "local_symbol": (EventType.LOCAL_SYMBOL_CHANGED, Severity.NOTICE),
    RemarkKind.ODD_ROW: (EventType.ODD_ROW, Severity.NOTICE),
    RemarkKind.DATES_DISAGREE: (EventType.DATES_DISAGREE, Severity.NOTICE),
    RemarkKind.NO_LONGER_STATED: (EventType.NO_LONGER_STATED, Severity.INFO),
    PRODUCT: (EventType.MOVED, Severity.CRITICAL),
    REPLACED_BY: (EventType.REPLACED, Severity.CRITICAL),
    CLOSED_AT: (EventType.CLOSED, Severity.NOTICE),
    "name": (EventType.NAME_CHANGED, Severity.INFO),
    "long_name": (EventType.NAME_CHANGED, Severity.INFO),
    "market_name": (EventType.NAME_CHANGED, Severity.INFO),
    "underlying": (EventType.UNDERLYING_CHANGED, Severity.INFO),
    "underlying_symbol": (EventType.UNDERLYING_CHANGED, Severity.INFO),
    "underlying_sec_type": (EventType.UNDERLYING_CHANGED, Severity.INFO),
    "underlying_con_id": (EventType.UNDERLYING_CHANGED, Severity.INFO),
}


_EVENTS_WHEN_OVER: Final = {CLOSED_AT: (EventType.RETURNED, Severity.NOTICE)}
"""What it means that a state is over; that what was odd is right again is for information."""


def event_of(change: RecordedChange) -> Event:
    """The event that one recorded change is.

    What was not known before has not changed, so it is at most worth a notice.
    """
    if change.is_correction:
        kind, severity = EventType.CORRECTED, Severity.INFO
    else:
        kind, severity = _kind_of(change)
    if change.old is None and severity is Severity.CRITICAL:
        severity = Severity.NOTICE
    return Event(
        type=kind,
        severity=severity,
        product=change.product,
        product_id=change.product_id,
        con_id=change.con_id,
        local_symbol=change.local_symbol,
        field=change.field,
        old=change.old,
        new=change.new,
        at=change.at,
        run=change.run,
    )


def expiry_event(ended: RecordedEnd, now: datetime) -> Event | None:
    """That a contract stopped trading until the aware instant `now`; None if it did not.

    A contract that was delisted before its time did not expire, and of one that was first seen
    after its end nobody asks.
    """
    contract = ended.contract
    listing = contract.listing
    if contract.is_delisted or not contract.is_expired(now):
        return None
    at = end_of_trading(contract)
    if listing is not None and listing.first_seen_at > at:
        return None
    return Event(
        type=EventType.EXPIRED,
        severity=Severity.INFO,
        product=ended.product,
        con_id=contract.con_id,
        local_symbol=contract.local_symbol,
        field=STATE,
        # Whether it was missing then is not known later on, and its id must not change.
        old=ContractState.ACTIVE.value,
        new=ContractState.EXPIRED.value,
        at=at,
        run=None,
    )


def ladder_event(ladder: RecordedLadder) -> Event:
    """That a product's tick ladder changed; `67 0:0.25,100:0.5` is rule 67 with two steps."""
    return Event(
        type=EventType.TICK_CHANGED,
        severity=Severity.CRITICAL,
        product=ladder.product,
        product_id=ladder.product_id,
        con_id=None,
        local_symbol=None,
        field=LADDER,
        old=_ladder_text(ladder.old),
        new=_ladder_text(ladder.new),
        at=ladder.at,
        run=ladder.run,
    )


def _ladder_text(rule: MarketRule) -> str:
    steps = (
        f"{canonical_text(step.low_edge)}:{canonical_text(step.increment)}"
        for step in rule.increments
    )
    return f"{rule.market_rule_id} {','.join(steps)}"


def end_of_trading(contract: FuturesContract) -> datetime:
    """The UTC instant at which trading stops: the end of the last trade date if no other is known.

    Where the zone is unknown too, that date has then ended everywhere.
    """
    if contract.last_trade_at is not None:
        return contract.last_trade_at
    end = contract.last_trade_date + timedelta(days=1)
    if contract.time_zone is None:
        return datetime.combine(end, time.min, LAST_ZONE).astimezone(UTC)
    return midnight_by_clock(end, ZoneInfo(contract.time_zone))


def is_first_sight_event(change: RecordedChange) -> bool:
    """Whether a contract was seen for the first time."""
    return change.field == LISTING and change.old is None


def _kind_of(change: RecordedChange) -> tuple[EventType, Severity]:
    if change.field in DELIVERY_FACTS:
        return _kind_of_delivery(change.old, change.new)
    if is_first_sight_event(change):
        return EventType.NEW, Severity.INFO
    if change.field == LISTING:
        return _LISTING_EVENTS.get(change.new or "", (EventType.FIELD_CHANGED, Severity.INFO))
    if change.field == "venues":
        if _has_other_rule(change):
            return EventType.TICK_CHANGED, Severity.NOTICE
        return EventType.VENUES_CHANGED, Severity.INFO
    is_over = change.new is None and change.field in (*REMARK_FIELDS, CLOSED_AT)
    known = _EVENTS_WHEN_OVER if is_over else _FIELD_EVENTS
    return known.get(change.field, (EventType.FIELD_CHANGED, Severity.INFO))


_IN_DOUBT: Final = "(C, "
"""What the text of a fact has whose confidence is C."""


def _kind_of_delivery(old: str | None, new: str | None) -> tuple[EventType, Severity]:
    """Where both follow from rules, a rule was corrected; another source alone is no news.

    A rule that is believed less than before was contradicted.
    """
    are_ruled = all(fact and any(source in fact for source in RULED_SOURCES) for fact in (old, new))
    if are_ruled and (_IN_DOUBT in str(old) or _IN_DOUBT not in str(new)):
        return EventType.CORRECTED, Severity.INFO
    if are_ruled:
        return EventType.DELIVERY_CHANGED, Severity.NOTICE
    is_same = old is not None and new is not None and old.split()[0] == new.split()[0]
    return EventType.DELIVERY_CHANGED, Severity.INFO if is_same else Severity.NOTICE


def _has_other_rule(change: RecordedChange) -> bool:
    """Whether a venue that stayed has another tick ladder."""
    before, after = _rules(change.old), _rules(change.new)
    return any(
        None not in (rule, after.get(venue)) and rule != after[venue]
        for venue, rule in before.items()
    )


def _rules(venues: str | None) -> dict[str, int | None]:
    known: tuple[Venue, ...] = parse_canonical_text("venues", venues, of_contract=True)
    return {venue.exchange: venue.market_rule_id for venue in known}


def events_at_least(severity: Severity, events: Iterable[Event]) -> list[Event]:
    """The events that matter at least so much."""
    return [event for event in events if event.severity.rank >= severity.rank]


def in_order_of_severity(events: Iterable[Event]) -> tuple[Event, ...]:
    """The events by severity, what matters most first, and of one severity by time."""
    return tuple(sorted(events, key=lambda item: (-item.severity.rank, item.at)))
