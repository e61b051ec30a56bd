"""What a reply leaves out is no statement: what was known of it stays known.

Left out is a field that is empty, or that holds one of IBKR's placeholders, which sources turn
into None. A contract that is about to expire comes without zone, hours and time of its last
trade, while its siblings have them (seen in recordings of 2024 to 2026).
"""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from ibkr_sync.domain.entities.contracts import FuturesContract, Venue
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.schedules import HoursKind, TradingSchedule

F = TypeVar("F", bound=Future)

_ROLLING: Final = frozenset(("order_types", "schedule", "listing"))
"""Order types and hours are of the day; the listing is the local repository's own."""

_CONTRACT_FIELDS: Final = tuple(
    field.name for field in dataclasses.fields(FuturesContract) if field.name not in _ROLLING
)
_PRODUCT_FIELDS: Final = (
    *("name", "category", "underlying"),
    *("multiplier", "price_magnifier", "min_tick", "time_zone"),
)
_contract_values = attrgetter(*_CONTRACT_FIELDS)
_product_values = attrgetter(*_PRODUCT_FIELDS)


def fill_silent_product(stored: Future | None, received: F) -> F:
    """Complete a received product and its chain by what is stored of both.

    What the catalogue alone knew is no knowledge: IBKR's silence does not confirm it.
    """
    if stored is None:
        return received
    before = {contract.con_id: contract for contract in stored.contracts}
    chain = tuple(
        fill_silent_contract(before.get(contract.con_id), contract)
        for contract in received.contracts
    )
    known = (
        {}
        if stored.is_stub
        else _left_out(_PRODUCT_FIELDS, _product_values(stored), _product_values(received))
    )
    return dataclasses.replace(received, contracts=chain, **known)


def fill_silent_contract(
    stored: FuturesContract | None, received: FuturesContract
) -> FuturesContract:
    """Complete a received contract by what is stored of it.

    The instant of the last trade is of its date: where the date moved and no time was stated,
    or the date is another one in the zone that was, it is unknown. A zone that is known from
    before tells on which date a stated instant is.
    """
    if stored is None or stored == received:
        return received
    known = _left_out(_CONTRACT_FIELDS, _contract_values(stored), _contract_values(received))
    if any(venue.market_rule_id is None for venue in received.venues):
        known["venues"] = _with_known_ladders(stored.venues, received.venues)
    day = received.last_trade_date
    if "last_trade_at" in known:
        zone = received.time_zone or stored.time_zone
        if day != stored.last_trade_date or _date_in(zone, known["last_trade_at"]) not in (
            None,
            day,
        ):
            del known["last_trade_at"]
    elif "time_zone" in known and received.last_trade_at is not None:
        known["last_trade_date"] = _date_in(stored.time_zone, received.last_trade_at)
    return dataclasses.replace(received, **known) if known else received


def fill_silent_schedule(
    stored: TradingSchedule | None, received: TradingSchedule | None
) -> TradingSchedule | None:
    """Complete received hours by what is stored: what could not be read replaces nothing read."""
    if received is None or stored is None:
        return received or stored
    kept = [
        kind for kind in HoursKind if received.is_unread(kind) and stored.entries(kind) is not None
    ]
    if not kept:
        return received
    if all(received.entries(kind) is None for kind in HoursKind):
        return stored
    known: dict[str, Any] = {f"{kind.value}_hours": stored.text(kind) for kind in kept}
    known |= {f"{kind.value}_sessions": stored.entries(kind) for kind in kept}
    return dataclasses.replace(received, **known)


def _date_in(zone: str | None, at: datetime) -> date | None:
    return None if zone is None else at.astimezone(ZoneInfo(zone)).date()


def _with_known_ladders(
    stored: tuple[Venue, ...], received: tuple[Venue, ...]
) -> tuple[Venue, ...]:
    rules = {venue.exchange: venue.market_rule_id for venue in stored}
    return tuple(
        Venue(exchange=exchange, market_rule_id=rules.get(exchange) if rule is None else rule)
        for exchange, rule in ((venue.exchange, venue.market_rule_id) for venue in received)
    )


def _left_out(
    names: tuple[str, ...], stored: tuple[object, ...], received: tuple[object, ...]
) -> dict[str, Any]:
    return {
        name: old
        for name, old, new in zip(names, stored, received, strict=True)
        if new in (None, ()) and old not in (None, ())
    }
