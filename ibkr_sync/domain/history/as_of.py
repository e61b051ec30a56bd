"""What was known of a product at an instant in the past: today's state, each later change undone.

Order types, sizes, the last trade as received, and hours have no history: they are not known of
the past.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from ibkr_sync.domain.canonical_text import (
    TRACKED_OF_CONTRACT,
    TRACKED_OF_PRODUCT,
    parse_value,
)
from ibkr_sync.domain.entities.contracts import ContractListing, FuturesContract
from ibkr_sync.domain.entities.futures import (
    ASSET_CLASS,
    ASSET_TYPES,
    CONTRACT_FIELDS,
    Future,
    Origin,
)
from ibkr_sync.domain.evidence.product_update import DELISTED, LISTED, LISTING, MISSING
from ibkr_sync.domain.history.recorded_history import ProductHistory, RecordedChange

_UNKNOWN: Final[dict[str, Any]] = {
    each.name: each.unknown
    for each in CONTRACT_FIELDS
    if not each.tracked and each.name not in ("con_id", LISTING)
}
"""What has no history."""


def product_as_of(history: ProductHistory, at: datetime) -> Future | None:
    """The product with its chain as it was known at the aware instant `at`; None if not yet.

    Contracts that were the product's then are in its chain, wherever they are today. When an
    expired contract was last seen is certain only if no later reply had it; else the latest reply
    until then is taken. Raises ValueError for text that no value has.
    """
    if at < history.first_seen_at:
        return None
    own: list[RecordedChange] = []
    by_contract: defaultdict[int, list[RecordedChange]] = defaultdict(list)
    for change in history.changes:
        if change.con_id is not None:
            by_contract[change.con_id].append(change)
        elif change.product == history.product.key:
            own.append(change)
    chain = [
        _rewound_contract(contract, by_contract[contract.con_id], history.replies, at)
        for contract in history.contracts
        if _was_of(history, by_contract[contract.con_id], at)
    ]
    chain.sort(key=lambda each: (each.last_trade_date, each.con_id))
    return _rewound_product(history, own, tuple(chain), at)


def _was_of(history: ProductHistory, changes: Sequence[RecordedChange], at: datetime) -> bool:
    """Whether a contract was known at that instant, and the product's."""
    until = [change for change in changes if change.at <= at]
    return bool(until) and until[-1].product == history.product.key


def _rewound_product(
    history: ProductHistory,
    changes: Iterable[RecordedChange],
    chain: tuple[FuturesContract, ...],
    at: datetime,
) -> Future:
    product = history.product
    past = _rewound(changes, TRACKED_OF_PRODUCT, at, of_contract=False)
    entity = ASSET_TYPES[past.pop(ASSET_CLASS, product.asset_class)]
    fields = {
        name: past.get(name, getattr(product, name))
        for name in TRACKED_OF_PRODUCT
        if name != ASSET_CLASS
    }
    synced_at = None
    if fields["origin"] is not Origin.CATALOGUE:
        synced_at = _synced_at(history, at)
    return entity(**fields, contracts=chain, synced_at=synced_at)


def _synced_at(history: ProductHistory, at: datetime) -> datetime | None:
    """When the last reply until then was complete: of all but the very last, when it was stored."""
    count = bisect_right(history.replies, at)
    if count == 0:
        return None
    return (
        history.product.synced_at if count == len(history.replies) else history.replies[count - 1]
    )


def _rewound_contract(
    contract: FuturesContract,
    changes: Sequence[RecordedChange],
    replies: Sequence[datetime],
    at: datetime,
) -> FuturesContract:
    past = _rewound(changes, TRACKED_OF_CONTRACT, at, of_contract=True)
    return replace(contract, **past, **_UNKNOWN, listing=_listing(contract, changes, replies, at))


def _rewound(
    changes: Iterable[RecordedChange],
    fields: Iterable[str],
    at: datetime,
    *,
    of_contract: bool,
) -> dict[str, Any]:
    """The old value of each field that changed later, by the first of its changes."""
    past: dict[str, Any] = {}
    for change in changes:
        if change.at > at and change.field in fields and change.field not in past:
            past[change.field] = parse_value(change.field, change.old, of_contract=of_contract)
    return past


def _listing(
    contract: FuturesContract,
    changes: Iterable[RecordedChange],
    replies: Sequence[datetime],
    at: datetime,
) -> ContractListing | None:
    today = contract.listing
    if today is None:
        return None
    missing_since = delisted_at = None
    for change in changes:
        if change.field != LISTING or change.at > at:
            continue
        if change.new == LISTED:
            missing_since = delisted_at = None
        elif change.new == MISSING:
            missing_since = change.at
        elif change.new == DELISTED:
            delisted_at = change.at
    if missing_since is None:
        seen = bisect_right(replies, at)
    else:
        seen = bisect_left(replies, missing_since)
    last_seen_at = replies[seen - 1] if seen else today.first_seen_at
    return ContractListing(
        first_seen_at=today.first_seen_at,
        last_seen_at=max(min(last_seen_at, today.last_seen_at), today.first_seen_at),
        missing_since=missing_since,
        delisted_at=delisted_at,
    )
