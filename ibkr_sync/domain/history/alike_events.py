"""What happened alike to every contract of a product that trades, as one event of the product."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.history.events import Event, EventType, is_first_sight_event
from ibkr_sync.domain.history.recorded_history import RecordedChange


def products_changed_alike(changes: Iterable[RecordedChange]) -> frozenset[ProductKey]:
    """The products of which several contracts changed alike, for which chains are needed."""
    counts = Counter(
        (change.run, change.product, change.field, change.old, change.new)
        for change in changes
        if change.con_id is not None and not is_first_sight_event(change)
    )
    return frozenset(product for (_, product, *_), count in counts.items() if count > 1)


def fold_alike_events(
    events: Iterable[Event], chains: Mapping[ProductKey, Collection[FuturesContract]]
) -> Iterator[Event]:
    """The events, those that every contract of a product has in common as one of the product.

    Of contracts that had ended, were delisted or missing before, nothing is expected. `chains` are
    as they stand today; of a product without one nothing is folded.
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


def _has_all(own: Mapping[int, Event], chain: Iterable[FuturesContract]) -> bool:
    at = next(iter(own.values())).at
    return all(contract.con_id in own for contract in chain if _was_listed(contract, at))


def _was_listed(contract: FuturesContract, at: datetime) -> bool:
    """Whether a contract was there just before an aware instant, and has not ended until then."""
    listing = contract.listing
    if listing is None or contract.is_expired(at):
        return False
    is_absent = listing.missing_since is not None and listing.missing_since < at
    return listing.first_seen_at < at and not is_absent
