"""What happened alike to every contract of a product that trades, as one event of the product."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from ibkr_sync.domain.canonical_text import parse_canonical_text
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.evidence.product_update import LISTED, LISTING, PRODUCT
from ibkr_sync.domain.history.events import Event, EventType, is_first_sight_event
from ibkr_sync.domain.history.recorded_history import ContractPast, RecordedChange

_DATES: Final = ("last_trade_date", "last_trade_at")

FIELDS_OF_PAST: Final = (LISTING, PRODUCT, *_DATES)
"""The fields whose changes say whether a contract traded at an event."""


def products_changed_alike(changes: Iterable[RecordedChange]) -> frozenset[ProductKey]:
    """The products of which several contracts changed alike, for which chains are needed."""
    counts = Counter(
        (change.run, change.product, change.field, change.old, change.new)
        for change in changes
        if change.con_id is not None and not is_first_sight_event(change)
    )
    return frozenset(product for (_, product, *_), count in counts.items() if count > 1)


def fold_alike_events(
    events: Iterable[Event], chains: Mapping[ProductKey, Collection[ContractPast]]
) -> Iterator[Event]:
    """The events, those that every contract of a product has in common as one of the product.

    Of contracts that had ended, were delisted or missing before, nothing is expected. `chains` have
    every contract that ever was the product's; of a product without one nothing is folded.
    """
    every = tuple(events)
    alike: defaultdict[tuple[object, ...], dict[int, Event]] = defaultdict(dict)
    for event in every:
        # Contracts that moved are all of their new product, and may be few of the one they left.
        if event.type is EventType.MOVED:
            continue
        if event.con_id is not None and event.run is not None and event.product in chains:
            alike[_what(event)][event.con_id] = event
    folded = {
        what: own
        for what, own in alike.items()
        if len(own) > 1 and _has_all(own, chains[next(iter(own.values())).product])
    }
    for event in every:
        own = folded.get(_what(event), {}) if event.con_id is not None else {}
        if event.con_id not in own:
            yield event
        elif event.con_id == next(iter(own)):
            yield replace(event, con_id=None, local_symbol=None)


def _what(event: Event) -> tuple[object, ...]:
    return event.run, event.at, event.product, event.type, event.field, event.old, event.new


def _has_all(own: Mapping[int, Event], chain: Iterable[ContractPast]) -> bool:
    event = next(iter(own.values()))
    return all(past.contract.con_id in own for past in chain if _was_listed(past, event))


def _was_listed(past: ContractPast, event: Event) -> bool:
    """Whether a contract of the event's product was there before its run, and had not ended.

    By what runs recorded, as an event is the same one whatever became of the contract since.
    """
    run = event.run or 0
    placed = [
        change.product
        for change in past.changes
        if change.field in (LISTING, PRODUCT) and change.run <= run
    ]
    states = [change.new for change in past.changes if change.field == LISTING and change.run < run]
    if placed[-1:] != [event.product] or states[-1:] != [LISTED]:
        return False
    return not _as_it_was(past, run).is_expired(event.at)


def _as_it_was(past: ContractPast, run: int) -> FuturesContract:
    """The contract with the last trade that was known after a run."""
    old: dict[str, Any] = {}
    for change in past.changes:
        if change.field in _DATES and change.run > run and change.field not in old:
            old[change.field] = parse_canonical_text(change.field, change.old, of_contract=True)
    return replace(past.contract, **old)
