"""What is worth reporting of many changes: each once, a new product as one event."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from ibkr_sync.domain.canonical_text import parse_canonical_text
from ibkr_sync.domain.entities.contracts import FuturesContract, Venue
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.evidence.product_update import DELISTED, LISTING, PRODUCT
from ibkr_sync.domain.evidence.remarks import REMARK_FIELDS
from ibkr_sync.domain.evidence.replacement import REPLACED_BY
from ibkr_sync.domain.history.alike_events import fold_alike_events
from ibkr_sync.domain.history.events import (
    Event,
    EventType,
    event_of,
    expiry_event,
    is_first_sight_event,
    ladder_event,
)
from ibkr_sync.domain.history.recorded_history import (
    FirstSight,
    RecordedChange,
    RecordedPeriod,
    RecordedRunPeriod,
)
from ibkr_sync.domain.history.remark_changes import new_remark_changes, single_remark_changes
from ibkr_sync.domain.history.severity import Severity

_SHARED_FIELDS: Final = {
    **{
        name: name
        for name in (
            *("symbol", "exchange", "trading_class", "currency", "time_zone"),
            *("multiplier", "price_magnifier", "min_tick"),
        )
    },
    "long_name": "name",
}
"""Fields of a contract that a product has as well, and their name there."""

_NAMES_OF_PRODUCT: Final = frozenset(ProductKey._fields)
"""Fields of a contract that follow from the product to which it moved."""

_OF_NEAREST_CONTRACT: Final = frozenset(
    ("multiplier", "price_magnifier", "min_tick", "currency", "time_zone")
)
"""Fields of a product that are those of its nearest contract, and that no name follows from."""


def digest_events(period: RecordedPeriod, since: datetime, now: datetime) -> tuple[Event, ...]:
    """What happened between two aware instants, in order of time.

    The first contracts of a product are one event; what the same reply says of the product is
    part of that. A contract that was replaced is one event, and so is what changed of a product
    and alike of its contracts, or of all of these. Where a product differs only because another
    contract is the nearest now, that is of no consequence. A contract first seen after its end is
    not new, nor is a remark that had stood shortly before.
    """
    found = [*_recorded_events(period), *_expiries(period, since, now)]
    return tuple(sorted(found, key=lambda item: item.at))


def digest_run(run: RecordedRunPeriod) -> tuple[Event, ...]:
    """What a run saw, in order of time, put together as by `digest_events`.

    That a contract stopped trading belongs to the first run that brings its product up to date
    afterwards.
    """
    found = [*map(_new_product_event, run.first_sights), *_recorded_events(run.recorded)]
    for ended in run.recorded.ended:
        span = run.spans.get(ended.product)
        event = expiry_event(ended, span.until) if span else None
        if span and event and span.covers(event.at):
            found.append(event)
    return tuple(sorted(found, key=lambda item: item.at))


def _recorded_events(period: RecordedPeriod) -> Iterator[Event]:
    changes = _without_replaced(tuple(new_remark_changes(period.changes, period.earlier_remarks)))
    first, later = _apart(changes, period.first_runs)
    yield from _first_sights(first)
    single = map(_weighed(later), _without_repeats(later))
    yield from fold_alike_events(single, period.chains)
    yield from map(ladder_event, period.ladders)


def digest_history(changes: Sequence[RecordedChange], first_run: int | None) -> tuple[Event, ...]:
    """Every change of one product as an event, in order; its first contracts are one event.

    `first_run` saw its first contracts. What it corrected of the catalogue's data is of no
    consequence, nor is that another contract is the nearest now. A contract first seen after its
    end is not new.
    """
    events: list[Event] = []
    changes = tuple(_without_replaced(tuple(single_remark_changes(changes))))
    weighed = _weighed(changes)
    for change in changes:
        is_remark = change.field in REMARK_FIELDS
        if change.run == first_run and change.con_id is None and not is_remark:
            events.append(replace(event_of(change), severity=Severity.INFO))
        elif not change.is_after_end and (
            change.run != first_run or not is_first_sight_event(change)
        ):
            events.append(weighed(change))
    at_first = (other for other in changes if other.run == first_run)
    found = [*_first_sights(at_first), *events]
    return tuple(sorted(found, key=lambda item: item.at))


def _without_replaced(changes: Sequence[RecordedChange]) -> Iterator[RecordedChange]:
    """The changes without the delisting and the first sight that a replacement says as well."""
    replaced = [other for other in changes if other.field == REPLACED_BY]
    old = {(other.run, other.con_id) for other in replaced}
    new = {(other.run, other.new) for other in replaced}
    for change in changes:
        is_delisting = change.field == LISTING and change.new == DELISTED
        is_said = (is_delisting and (change.run, change.con_id) in old) or (
            is_first_sight_event(change) and (change.run, str(change.con_id)) in new
        )
        if not is_said:
            yield change


def _apart(
    changes: Iterable[RecordedChange], first_runs: Mapping[ProductKey, int]
) -> tuple[list[RecordedChange], list[RecordedChange]]:
    """The changes that products' first replies made, and those made later."""
    first: list[RecordedChange] = []
    later: list[RecordedChange] = []
    for change in changes:
        is_first = first_runs.get(change.product) == change.run
        # What came over from another product is news, even in a product's first reply, and so is
        # what was odd in it.
        is_arrival = change.con_id is not None and not is_first_sight_event(change)
        is_news = is_arrival or change.field in REMARK_FIELDS
        if is_first and not is_news:
            first.append(change)
        elif not change.is_after_end:
            later.append(change)
    return first, later


def _first_sights(changes: Iterable[RecordedChange]) -> Iterator[Event]:
    """One event per product, with the count of its contracts."""
    seen: defaultdict[ProductKey, list[RecordedChange]] = defaultdict(list)
    for change in changes:
        if is_first_sight_event(change):
            seen[change.product].append(change)
    for product, contracts in seen.items():
        first, count = contracts[0], len(contracts)
        yield _new_product_event(
            FirstSight(
                product=product,
                product_id=first.product_id,
                contracts=count,
                at=first.at,
                run=first.run,
            )
        )


def _new_product_event(seen: FirstSight) -> Event:
    return Event(
        type=EventType.NEW,
        severity=Severity.INFO,
        product=seen.product,
        product_id=seen.product_id,
        con_id=None,
        local_symbol=None,
        field=PRODUCT,
        old=None,
        new=str(seen.contracts),
        at=seen.at,
        run=seen.run,
    )


def _weighed(changes: Iterable[RecordedChange]) -> Callable[[RecordedChange], Event]:
    """What makes an event of each of these changes, knowing the others.

    A product has the multiplier of its nearest contract. When that contract expires, the product
    takes over the next one's, and no contract has changed.
    """
    of_contracts = {_content(other, other.field) for other in changes if other.con_id is not None}

    def event(change: RecordedChange) -> Event:
        found = event_of(change)
        is_of_nearest = change.con_id is None and change.field in _OF_NEAREST_CONTRACT
        if is_of_nearest and _content(change, change.field) not in of_contracts:
            return replace(found, severity=Severity.INFO)
        return found

    return event


def _without_repeats(changes: Collection[RecordedChange]) -> Iterator[RecordedChange]:
    """The changes without those that only repeat, of a contract, what another one says."""
    shared = {_content(other, other.field) for other in changes if other.con_id is None}
    moved = {
        (other.run, other.con_id): other for other in changes if other.field == "last_trade_date"
    }
    renamed = {(other.run, other.con_id): other for other in changes if other.field == "exchange"}
    elsewhere = {(other.run, other.con_id) for other in changes if other.field == PRODUCT}
    for change in changes:
        if change.con_id is not None:
            if change.field in _NAMES_OF_PRODUCT and (change.run, change.con_id) in elsewhere:
                continue
            name = _SHARED_FIELDS.get(change.field)
            if name is not None and _content(change, name) in shared:
                continue
            if _repeats_date(change, moved.get((change.run, change.con_id))):
                continue
            if _repeats_exchange(change, renamed.get((change.run, change.con_id))):
                continue
        yield change


def _content(change: RecordedChange, field: str) -> tuple[object, ...]:
    return change.run, change.product, field, change.old, change.new


def _repeats_date(change: RecordedChange, moved: RecordedChange | None) -> bool:
    """Whether the change follows from that of the last trade date."""
    if moved is None:
        return False
    if change.field == "last_trade_at":
        return True
    return change.field == "real_expiration_date" and (change.old, change.new) == (
        moved.old,
        moved.new,
    )


def _repeats_exchange(change: RecordedChange, renamed: RecordedChange | None) -> bool:
    """Whether the venues are the same but for the new name of the contract's exchange."""
    if renamed is None or change.field != "venues":
        return False
    before, after = _venues(change.old), _venues(change.new)
    names = {renamed.old: renamed.new}
    follows = {
        (names.get(venue.exchange, venue.exchange), venue.market_rule_id) for venue in before
    }
    return follows == {(venue.exchange, venue.market_rule_id) for venue in after}


def _venues(text: str | None) -> tuple[Venue, ...]:
    venues: tuple[Venue, ...] = parse_canonical_text("venues", text, of_contract=True)
    return venues


def _expiries(period: RecordedPeriod, since: datetime, now: datetime) -> Iterator[Event]:
    """The ends of trading by the dates that were known when they were reached.

    A date that was moved after it had passed takes nothing back of what was reported.
    """
    moves: defaultdict[int | None, list[RecordedChange]] = defaultdict(list)
    instants: dict[tuple[int, int | None], str | None] = {}
    for change in period.changes:
        if change.field == "last_trade_date":
            moves[change.con_id].append(change)
        elif change.field == "last_trade_at":
            instants[change.run, change.con_id] = change.old
    for ended in period.ended:
        known, contract = [(ended, now)], ended.contract
        for move in reversed(moves[contract.con_id]):
            contract = _with_date_before(contract, move, instants)
            known.append((replace(ended, contract=contract), move.at))
        for value, until in reversed(known):
            event = expiry_event(value, until)
            if event is not None and event.at >= since:
                yield event


def _with_date_before(
    contract: FuturesContract,
    move: RecordedChange,
    instants: Mapping[tuple[int, int | None], str | None],
) -> FuturesContract:
    """The contract with the date of its last trade, and the instant, before the date was moved."""
    key, at = (move.run, move.con_id), contract.last_trade_at
    if key in instants:
        at = parse_canonical_text("last_trade_at", instants[key], of_contract=True)
    day = parse_canonical_text("last_trade_date", move.old, of_contract=True)
    return replace(contract, last_trade_date=day, last_trade_at=at)
