"""What was known of a product in the past: today's state, each later change undone.

What was recorded is in the order of runs, not of clocks: a clock that was ahead, or was set back,
mixes up no two states. Order types, sizes, the last trade as received, and hours have no history:
they are not known of the past.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any, Final

from ibkr_sync.domain.canonical_text import (
    TRACKED_OF_CONTRACT,
    TRACKED_OF_PRODUCT,
    parse_canonical_text,
)
from ibkr_sync.domain.entities.contracts import ContractListing, FuturesContract
from ibkr_sync.domain.entities.futures import (
    ASSET_CLASS,
    ASSET_TYPES,
    CONTRACT_FIELDS,
    Future,
    Origin,
)
from ibkr_sync.domain.evidence.product_update import DELISTED, LISTED, LISTING, MISSING, PRODUCT
from ibkr_sync.domain.history.recorded_history import ProductHistory, RecordedChange, RecordedReply

_UNKNOWN: Final[dict[str, Any]] = {
    field.name: field.unknown
    for field in CONTRACT_FIELDS
    if not field.tracked and field.name not in ("con_id", LISTING)
}
"""What has no history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """What had been recorded: all of the runs before one, and of that one what came in time.

    Attributes:
        run: the newest run that had begun; None before the first.
        until: of that run, nothing recorded later counts; None where all of it does.
        replies: those for the product, in the order they were recorded.
        is_today: whether no reply came since.
    """

    run: int | None
    until: datetime | None
    replies: Sequence[RecordedReply] = ()
    is_today: bool = False

    def has(self, recorded: RecordedChange | RecordedReply) -> bool:
        if self.run is None or recorded.run > self.run:
            return False
        return recorded.run < self.run or self.until is None or recorded.at <= self.until


def end_of(as_of: date | datetime) -> datetime:
    """The instant that a moment stands for: itself, or the end of a day in UTC."""
    return as_of if isinstance(as_of, datetime) else datetime.combine(as_of, time.max, UTC)


def product_as_of(history: ProductHistory, as_of: date | datetime) -> Future | None:
    """The product with its chain as it was known in the past; None if it was not yet.

    At an aware instant that is what had been recorded by then; of a date, what the runs left that
    began on it in UTC, or before, though one of them ended later. Contracts that were the
    product's then are in its chain, wherever they are today. When an expired contract was last
    seen is certain only if no later reply had it; else the latest reply until then is taken, by the
    time of the last whole one where a file held a part of the chain.
    Raises ValueError for text that no value has.
    """
    end = end_of(as_of)
    begun = (other.run for other in history.runs if other.started_at <= end)
    past = _Past(run=max(begun, default=None), until=end if as_of is end else None)
    replies = [reply for reply in history.replies if past.has(reply)]
    past = replace(past, replies=replies, is_today=len(replies) == len(history.replies))
    own_changes = (other for other in history.changes if other.product == history.product.key)
    is_recorded = bool(replies) or any(past.has(other) for other in own_changes)
    if not is_recorded and end < history.first_seen_at:
        return None
    own: list[RecordedChange] = []
    by_contract: defaultdict[int, list[RecordedChange]] = defaultdict(list)
    for change in history.changes:
        if change.con_id is not None:
            by_contract[change.con_id].append(change)
        elif change.product == history.product.key:
            own.append(change)
    chain = [
        _rewound_contract(contract, by_contract[contract.con_id], past)
        for contract in history.contracts
        if _was_of(history, by_contract[contract.con_id], past)
    ]
    chain.sort(key=lambda item: (item.last_trade_date, item.con_id))
    return _rewound_product(history, own, tuple(chain), past)


def _was_of(history: ProductHistory, changes: Sequence[RecordedChange], past: _Past) -> bool:
    """Whether a contract was known then, and the product's."""
    recorded = [change for change in changes if past.has(change)]
    return bool(recorded) and recorded[-1].product == history.product.key


def _rewound_product(
    history: ProductHistory,
    changes: Iterable[RecordedChange],
    chain: tuple[FuturesContract, ...],
    past: _Past,
) -> Future:
    product = history.product
    old = _rewound(changes, TRACKED_OF_PRODUCT, past, of_contract=False)
    entity = ASSET_TYPES[old.pop(ASSET_CLASS, product.asset_class)]
    fields = {
        name: old.get(name, getattr(product, name))
        for name in TRACKED_OF_PRODUCT
        if name != ASSET_CLASS
    }
    synced_at = None
    if past.replies and fields["origin"] is not Origin.CATALOGUE:
        synced_at = product.synced_at if past.is_today else past.replies[-1].given_at
    return entity(**fields, contracts=chain, synced_at=synced_at)


def _rewound_contract(
    contract: FuturesContract, changes: Sequence[RecordedChange], past: _Past
) -> FuturesContract:
    old = _rewound(changes, TRACKED_OF_CONTRACT, past, of_contract=True)
    return replace(contract, **old, **_UNKNOWN, listing=_listing(contract, changes, past))


def _rewound(
    changes: Iterable[RecordedChange], fields: Iterable[str], past: _Past, *, of_contract: bool
) -> dict[str, Any]:
    """The old value of each field that changed later, by the first of its changes."""
    old: dict[str, Any] = {}
    for change in changes:
        if change.field in fields and change.field not in old and not past.has(change):
            old[change.field] = parse_canonical_text(
                change.field, change.old, of_contract=of_contract
            )
    return old


def _listing(
    contract: FuturesContract, changes: Sequence[RecordedChange], past: _Past
) -> ContractListing | None:
    today, replies = contract.listing, past.replies
    if today is None:
        return None
    missing: RecordedChange | None = None
    delisted_at = moved_at = None
    for change in changes:
        if change.field == PRODUCT and past.has(change):
            moved_at = change.at
        if change.field != LISTING or not past.has(change):
            continue
        if change.new == LISTED:
            missing = delisted_at = None
        elif change.new == MISSING:
            missing, delisted_at = change, None
        elif change.new == DELISTED:
            delisted_at = change.at
    seen = len(replies) if missing is None else bisect_left(replies, _place(missing), key=_place)
    last_seen_at = replies[seen - 1].given_at if seen else today.first_seen_at
    if past.is_today and missing is None and all(past.has(change) for change in changes):
        last_seen_at = today.last_seen_at
    if moved_at is not None:
        # What moved was there, though no reply for the whole of the product may have come since.
        last_seen_at = max(last_seen_at, moved_at)
    return ContractListing(
        first_seen_at=today.first_seen_at,
        last_seen_at=min(last_seen_at, today.last_seen_at),
        missing_since=missing.at if missing else None,
        delisted_at=delisted_at,
    )


def _place(recorded: RecordedChange | RecordedReply) -> tuple[int, datetime]:
    return recorded.run, recorded.at
