"""What a complete reply changes in a stored chain: planned purely, applied elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ibkr_sync.domain.canonical_text import (
    TRACKED_OF_CONTRACT,
    TRACKED_OF_PRODUCT,
    canonical_text,
)
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import OF_CONTRACTS, Future, Origin
from ibkr_sync.domain.errors import SampleDataError, ShrinkRefusedError

DELISTING_CONFIRMATION = timedelta(hours=20)
"""How far apart two complete replies must be before an absent contract counts as delisted."""

SHRINK_TOLERANCE = (2, Decimal("0.2"))
"""Unexpired contracts a reply may lack: this many, or this share of those stored."""

LARGEST_LOSS = Decimal("0.5")
"""The share that a reply may never lack more of, however short the chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field with its old and new value as canonical text; None con_id: the product's."""

    con_id: int | None
    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainDiff:
    """The difference between a stored product and a complete reply for it.

    `added`, `returned` and `updated` hold contracts as received; `missing`, `redated` and
    `delisted` as stored. `updated` has every contract of which anything at all differs, `changes`
    only the fields whose history is kept. `redated` are missing still, and from now on only: a
    clock that was wrong had dated their absence. `expired` are those that stopped trading since the
    product was synced before. `moved` are conIds of contracts that another product gave or took,
    `replaced` says how many have a successor.
    """

    added: tuple[FuturesContract, ...] = ()
    updated: tuple[FuturesContract, ...] = ()
    returned: tuple[FuturesContract, ...] = ()
    missing: tuple[FuturesContract, ...] = ()
    redated: tuple[FuturesContract, ...] = ()
    delisted: tuple[FuturesContract, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    unchanged: int = 0
    expired: tuple[FuturesContract, ...] = ()
    moved: frozenset[int] = frozenset()
    replaced: int = 0

    @property
    def changed(self) -> int:
        """Of how many contracts history keeps a change of a field, besides those that moved."""
        return len(_changed(self.changes) - self.moved)

    @property
    def absent(self) -> tuple[FuturesContract, ...]:
        """The contracts of whose absence something is written."""
        return (*self.missing, *self.redated, *self.delisted)

    @property
    def is_empty(self) -> bool:
        """Whether the reply says nothing new that history keeps."""
        return not (self.added or self.returned or self.missing or self.delisted or self.changes)


def absent_from_chain(
    stored: Future | None, received: Future, now: datetime
) -> tuple[FuturesContract, ...]:
    """Give the stored contracts that a reply lacks, given at the aware instant `now`.

    A contract that is not there on its last trade date, or later, has come to its end; one that
    was delisted is expected to be absent. Absence by itself is no evidence of anything.
    """
    if stored is None:
        return ()
    present = {contract.con_id for contract in received.contracts}
    return tuple(
        contract
        for contract in stored.contracts
        if contract.con_id not in present
        and not _is_delisted(contract, now)
        and not contract.has_reached_last_day(now)
    )


def diff_chain(
    stored: Future | None,
    received: Future,
    now: datetime,
    gone: Collection[int] = (),
) -> ChainDiff:
    """Compare a complete reply, given at the aware instant `now`, with what is stored.

    Of the contracts that it lacks, those that are `gone` are missing, and delisted when they were
    gone from another reply too, at least `DELISTING_CONFIRMATION` before. What was noted with a
    clock that was ahead of `now` confirms nothing: such a contract is missing from now on, which
    is no news. Nothing is said of the others.
    """
    before = {contract.con_id: contract for contract in stored.contracts} if stored else {}
    after = {contract.con_id: contract for contract in received.contracts}
    both = [(before[con_id], after[con_id]) for con_id in after if con_id in before]
    absent = [
        contract for contract in absent_from_chain(stored, received, now) if contract.con_id in gone
    ]
    doubtful = [contract for contract in absent if not _is_missing_since(contract, now)]
    differing = [(old, new) for old, new in both if old != new]
    changes = tuple(change for old, new in differing for change in _contract_changes(old, new))
    return ChainDiff(
        added=tuple(contract for con_id, contract in after.items() if con_id not in before),
        updated=tuple(new for _, new in differing),
        returned=tuple(new for old, new in both if _is_absent(old)),
        missing=tuple(contract for contract in doubtful if not _is_missing(contract)),
        redated=tuple(contract for contract in doubtful if _is_missing(contract)),
        delisted=tuple(contract for contract in absent if _is_delisted_by(contract, now)),
        changes=_product_changes(stored, received)
        + _shared_changes(stored, changes, now)
        + changes,
        unchanged=len(both) - len(_changed(changes)),
    )


def newly_expired(
    stored: Future | None, chain: Iterable[FuturesContract], now: datetime
) -> tuple[FuturesContract, ...]:
    """Give what of a stored chain stopped trading from its last sync until the aware instant `now`.

    Or, if its source has not known it since, from when that was first observed.

    `chain` has the contracts as they stand now. What was delisted before its time did not expire,
    and what was first seen after its end is no loss.
    """
    if stored is None or stored.synced_at is None:
        return ()
    since = max(stored.synced_at, stored.absent_since or stored.synced_at)
    known = {contract.con_id for contract in stored.contracts}
    return tuple(
        contract
        for contract in chain
        if contract.con_id in known
        and contract.is_expired(now)
        and not contract.is_expired(since)
        and not _is_delisted(contract, now)
    )


def refuse_chain_shrink(stored: Future, received: Future, now: datetime, *, moved: int = 0) -> None:
    """Raise ShrinkRefusedError when a reply lacks too many unexpired contracts.

    What earlier replies lacked counts with what this one newly lacks, until it is delisted, so
    that a chain can't crumble away reply by reply. A reply that lacks nothing new is no loss.
    `moved` unexpired contracts, which are not among those stored, stand elsewhere: present too.
    """
    absent = absent_from_chain(stored, received, now)
    if all(_is_absent(contract) for contract in absent):
        return
    listed = [contract for contract in stored.unexpired(now) if not _is_delisted(contract, now)]
    lost, count = len(absent), len(listed) + moved
    fixed, share = SHRINK_TOLERANCE
    if lost > max(Decimal(fixed), share * count) or lost > LARGEST_LOSS * count:
        raise ShrinkRefusedError(stored.key, stored=count, lost=lost)


def refuse_mixed_chain(stored: Future, received: Future) -> None:
    """Raise SampleDataError when one of the two is sample data and the other real."""
    origins = (stored.origin, received.origin)
    if Origin.SAMPLE in origins and any(origin.is_real for origin in origins):
        raise SampleDataError(stored.key)


def _changed(changes: Iterable[FieldChange]) -> set[int]:
    return {change.con_id for change in changes if change.con_id is not None}


def _is_absent(contract: FuturesContract) -> bool:
    return contract.listing is not None and contract.listing.missing_since is not None


def _is_missing(contract: FuturesContract) -> bool:
    listing = contract.listing
    return listing is not None and listing.missing_since is not None and listing.delisted_at is None


def _is_missing_since(contract: FuturesContract, now: datetime) -> bool:
    """Whether it was missing before; a clock that was wrong then makes it begin anew."""
    listing = contract.listing
    if listing is None or listing.missing_since is None or listing.delisted_at is not None:
        return False
    if listing.missing_since < listing.last_seen_at <= now:
        return False  # before it was last seen it was not missing: the clock was behind
    return listing.missing_since <= now


def _is_delisted(contract: FuturesContract, now: datetime) -> bool:
    """Whether it was delisted before; not if a clock that was ahead then said so."""
    listing = contract.listing
    return listing is not None and listing.delisted_at is not None and listing.delisted_at <= now


def _is_delisted_by(contract: FuturesContract, now: datetime) -> bool:
    listing = contract.listing
    if listing is None or listing.missing_since is None or not _is_missing_since(contract, now):
        return False
    is_in_order = listing.last_seen_at <= listing.missing_since
    return is_in_order and now - listing.missing_since >= DELISTING_CONFIRMATION


def _product_changes(stored: Future | None, received: Future) -> tuple[FieldChange, ...]:
    if stored is None:
        return ()
    return tuple(_field_changes(stored, received, TRACKED_OF_PRODUCT, con_id=None))


def _shared_changes(
    stored: Future | None, changes: Iterable[FieldChange], now: datetime
) -> tuple[FieldChange, ...]:
    """Changes of what contracts have by month that all living ones have alike, as the product's."""
    listed = () if stored is None else stored.living(now)
    living = {contract.con_id for contract in listed if not _is_absent(contract)}
    changed: dict[FieldChange, set[int | None]] = {}
    for change in changes:
        if change.field in OF_CONTRACTS:
            shared = dataclasses.replace(change, con_id=None)
            changed.setdefault(shared, set()).add(change.con_id)
    return tuple(
        shared for shared, con_ids in changed.items() if len(con_ids) > 1 and living <= con_ids
    )


def _contract_changes(old: FuturesContract, new: FuturesContract) -> Iterable[FieldChange]:
    return _field_changes(old, new, TRACKED_OF_CONTRACT, con_id=new.con_id)


def _field_changes(
    old: Future | FuturesContract,
    new: Future | FuturesContract,
    tracked: Iterable[str],
    *,
    con_id: int | None,
) -> Iterable[FieldChange]:
    for name in tracked:
        before = canonical_text(getattr(old, name))
        after = canonical_text(getattr(new, name))
        if before != after:
            yield FieldChange(con_id=con_id, field=name, old=before, new=after)
