"""What a reply leaves out is no statement: what was known of it stays known.

Left out is a field that is empty, or that holds one of IBKR's placeholders, which sources turn
into None. A contract that is about to expire comes without zone, hours and time of its last
trade, while its siblings have them (seen in recordings of 2024 to 2026).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from ibkr_sync.domain.entities.contracts import FuturesContract, Venue
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.entities.schedules import HoursKind, TradingSchedule
from ibkr_sync.domain.evidence.remarks import (
    HOURS,
    MARKET_RULE_IDS,
    REMARKS,
    contract_remarks,
    new_remarks,
    product_remarks,
)

F = TypeVar("F", bound=Future)

_ROLLING: Final = frozenset(("order_types", "schedule", "listing", REMARKS))
"""Order types and hours are of the day, and hours stay known by themselves (see
`fill_silent_schedule`); the others are no statements of a row."""

_CONTRACT_FIELDS: Final = tuple(
    field.name for field in dataclasses.fields(FuturesContract) if field.name not in _ROLLING
)
_PRODUCT_FIELDS: Final = ("name", "category", "underlying", "time_zone")
_contract_values = attrgetter(*_CONTRACT_FIELDS)
_product_values = attrgetter(*_PRODUCT_FIELDS)


def fill_silent_product(
    stored: Future | None,
    received: F,
    now: datetime,
    *,
    is_whole: bool = True,
    is_file: bool = False,
) -> F:
    """Complete a received product and its chain by what is stored of both.

    What the catalogue alone knew is no knowledge: IBKR's silence does not confirm it. Remarks
    follow at the aware instant `now`: what a file leaves out is none, and what IBKR said oddly
    is not set right by it. `is_whole` is False where only some of the product's rows were seen.
    """
    before = {contract.con_id: contract for contract in stored.contracts} if stored else {}
    completed = {
        contract.con_id: fill_silent_contract(
            before.get(contract.con_id), contract, now, is_statement=not is_file
        )
        for contract in received.contracts
    }
    known: dict[str, Any] = {}
    if stored is not None and not stored.is_stub:
        known = _left_out(_PRODUCT_FIELDS, _product_values(stored), _product_values(received))
    stood = stored.remarks if stored else ()
    if is_whole and not is_file:
        known[REMARKS] = product_remarks(stood, received, completed, now)
    else:
        known[REMARKS] = _joined(stood, received.remarks)
    if stored is not None and is_file and not received.unexpired(now):
        known |= {name: getattr(stored, name) for name in ("absent_since", "closed_at")}
    return dataclasses.replace(received, contracts=tuple(completed.values()), **known)


def fill_silent_contract(
    stored: FuturesContract | None,
    received: FuturesContract,
    now: datetime,
    *,
    is_statement: bool = True,
) -> FuturesContract:
    """Complete a received contract by what is stored of it.

    The instant of the last trade is of its date: where the date moved and no time was stated,
    or the date is another one in the zone that was, it is unknown. A zone that is known from
    before says on which date a stated instant is. `is_statement` is False for a file, which is
    silent of what its writer did not know.
    """
    if stored is None:
        return received
    hours = _hours_left_out(stored, received)
    if stored == received and not hours:
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
    completed = dataclasses.replace(received, **known) if known else received
    if is_statement:
        left_out = [*_fields_left_out(known, received, completed), *hours]
        remarks = contract_remarks(stored.remarks, received.remarks, left_out, completed, now)
    else:
        remarks = _joined(stored.remarks, received.remarks)
    if remarks == completed.remarks:
        return completed
    return dataclasses.replace(completed, remarks=remarks)


def _fields_left_out(
    known: Iterable[str], received: FuturesContract, completed: FuturesContract
) -> list[str]:
    """The fields that the row does not state, by the names that remarks have for them."""
    silent = [text for text in known if getattr(received, text) in (None, ())]
    if received.venues and completed.venues != received.venues:
        silent.append(MARKET_RULE_IDS)
    return silent


def _hours_left_out(stored: FuturesContract, received: FuturesContract) -> list[str]:
    """The hours that are known, or were before they were left out, and that the row lacks."""
    before, now = stored.schedule, received.schedule
    if not stored.remarks and (before is None or before is now):
        return []
    known = {field for field, kind in HOURS.items() if before and before.text(kind)}
    known |= {
        remark.field for remark in stored.remarks if remark.kind is RemarkKind.NO_LONGER_STATED
    }
    return [
        field for field, kind in HOURS.items() if field in known and not (now and now.text(kind))
    ]


def _joined(known: tuple[Remark, ...], given: tuple[Remark, ...]) -> tuple[Remark, ...]:
    return (*known, *new_remarks(known, given)) if given else known


def fill_silent_schedule(
    stored: TradingSchedule | None, received: TradingSchedule | None
) -> TradingSchedule | None:
    """Complete received hours by what is stored.

    What was left out, or could not be read, replaces nothing that was read.
    """
    if received is None or stored is None:
        return received or stored
    kept = [
        kind
        for kind in HoursKind
        if received.entries(kind) is None and stored.entries(kind) is not None
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
