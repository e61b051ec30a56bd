"""What a complete reply makes of a stored product: planned purely, applied elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast

from ibkr_sync.domain.canonical_text import canonical_text
from ibkr_sync.domain.entities.contracts import ContractListing, FuturesContract
from ibkr_sync.domain.entities.futures import AssetClass, Future, Origin
from ibkr_sync.domain.errors import (
    InvalidReplyError,
    ShrinkRefusedError,
)
from ibkr_sync.domain.evidence.chain_diff import (
    ChainDiff,
    FieldChange,
    absent_from_chain,
    diff_chain,
    newly_expired,
    refuse_chain_shrink,
    refuse_mixed_chain,
)
from ibkr_sync.domain.evidence.file_evidence import (
    is_file_dated,
    is_file_known,
    refuse_outdated_file,
)
from ibkr_sync.domain.evidence.remarks import REMARKS, uncovered_remarks
from ibkr_sync.domain.evidence.replacement import replacement_changes
from ibkr_sync.domain.evidence.silence import fill_silent_product, fill_silent_schedule

F = TypeVar("F", bound=Future)
F_co = TypeVar("F_co", bound=Future, covariant=True)

LISTING = "listing"
"""The field under which history keeps that a contract appeared, went missing or returned."""

PRODUCT = "product"
"""The field under which history keeps that a contract moved from one product to another."""

LISTED, MISSING, DELISTED = "listed", "missing", "delisted"

_CONTRACT_FIELDS = tuple(field.name for field in dataclasses.fields(FuturesContract))
_values_of = attrgetter(*_CONTRACT_FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductUpdate(Generic[F_co]):
    """A planned update.

    Attributes:
        diff: the difference that the reply makes.
        product: the product as it stands afterwards, with all that is known of its chain.
        history: every change to be kept: those of `diff` and those of the contracts' listing.
    """

    diff: ChainDiff
    product: F_co
    history: tuple[FieldChange, ...]


def plan_update(
    stored: Future | None,
    received: F,
    now: datetime,
    *,
    gone: Collection[int] = (),
    allow_shrink: bool = False,
    is_whole: bool = True,
    is_file: bool = False,
    moved_out: int = 0,
) -> ProductUpdate[F]:
    """Plan what a complete reply, given at the aware instant `now`, changes.

    `gone` are the conIds of stored contracts that it lacks and that its source, asked for each of
    them, no longer knows. `is_whole` is False where only some of the product's rows were seen.
    `moved_out` unexpired contracts, no longer among those stored, are another product's now.

    A file (`is_file`) is evidence of presence alone, so that no shrink guard applies to it; one
    that is as old as what is stored changes nothing.

    Raises InvalidReplyError for a chain that names a contract twice, SampleDataError, what
    `refuse_outdated_file` raises, and ShrinkRefusedError: always for a reply without contracts
    where some are listed, else unless `allow_shrink`.
    """
    _refuse_duplicates(received)
    if stored is not None:
        refuse_mixed_chain(stored, received)
    if stored is not None and is_file:
        refuse_outdated_file(stored, received, now)
        if is_file_known(stored, received):
            return _nothing_new(stored, received)
    received = fill_silent_product(
        stored, classified_product(stored, received), now, is_whole=is_whole, is_file=is_file
    )
    diff = diff_chain(stored, received, now, gone)
    if stored is not None and not is_file:
        if not received.contracts and (lost := len(absent_from_chain(stored, received, now))):
            raise ShrinkRefusedError(stored.key, stored=lost, lost=lost, is_empty=True)
        if not allow_shrink:
            refuse_chain_shrink(stored, received, now, moved=moved_out)
    product = _merge(stored, received, diff, now, is_file=is_file)
    replacements = tuple(replacement_changes(product, diff))
    return ProductUpdate(
        diff=dataclasses.replace(
            diff,
            expired=newly_expired(stored, product.contracts, now),
            replaced=len(replacements),
        ),
        product=product,
        history=(
            *diff.changes,
            *_listing_changes(stored, diff),
            *replacements,
            *_first_remarks(stored, received, diff),
        ),
    )


def with_absent_contracts(stored: Future, diff: ChainDiff, now: datetime) -> ProductUpdate[Future]:
    """The update of a product by a difference in which contracts go missing and no other."""
    missing = {contract.con_id for contract in (*diff.missing, *diff.redated)}
    delisted = {contract.con_id for contract in diff.delisted}
    chain = tuple(
        _with_absence(
            contract,
            since=now if contract.con_id in missing else None,
            delisted_at=now if contract.con_id in delisted else None,
        )
        if contract.con_id in missing | delisted
        else contract
        for contract in stored.contracts
    )
    return ProductUpdate(
        diff=diff,
        product=dataclasses.replace(stored, contracts=chain),
        history=(*diff.changes, *_listing_changes(stored, diff)),
    )


def _nothing_new(stored: Future, received: F) -> ProductUpdate[F]:
    """The update by a file that says nothing that is not known."""
    known = {contract.con_id for contract in stored.contracts}
    count = sum(contract.con_id in known for contract in received.contracts)
    product = cast("F", stored)  # of the same class, or classified better
    return ProductUpdate(diff=ChainDiff(unchanged=count), product=product, history=())


def _first_remarks(
    stored: Future | None, received: Future, diff: ChainDiff
) -> Iterable[FieldChange]:
    """The remarks on what is new, as changes; of a contract those that the product's don't say."""
    made = {
        contract.con_id: uncovered_remarks(contract.remarks, received.remarks)
        for contract in diff.added
    }
    own = () if stored else ((None, received.remarks),)
    for con_id, remarks in (*own, *made.items()):
        if remarks:
            yield FieldChange(con_id=con_id, field=REMARKS, old=None, new=canonical_text(remarks))


def _refuse_duplicates(received: Future) -> None:
    seen: set[int] = set()
    for contract in received.contracts:
        if contract.con_id in seen:
            raise InvalidReplyError(contract.local_symbol, "con_id", contract.con_id, "is doubled")
        seen.add(contract.con_id)


def classified_product(stored: Future | None, received: F) -> F:
    """A product that is renamed keeps its class, though the catalogue doesn't know the name.

    Its category stays too, unless the reply has one.
    """
    if stored is None or received.asset_class is not AssetClass.UNCLASSIFIED:
        return received
    values: dict[str, Any] = {
        field.name: getattr(received, field.name) for field in dataclasses.fields(received)
    }
    values["category"] = received.category or stored.category
    return cast("F", type(stored)(**values))


def _merge(
    stored: Future | None, received: F, diff: ChainDiff, now: datetime, *, is_file: bool
) -> F:
    """The received product with what is already known and the reply does not contradict."""
    before = {other.con_id: other for other in stored.contracts} if stored else {}
    synced_at = _sync_instant(received, now, is_file=is_file)
    at = synced_at or now
    after = {
        other.con_id: _seen(before.get(other.con_id), other, at, now)
        for other in received.contracts
    }
    newly_missing = {other.con_id for other in (*diff.missing, *diff.redated)}
    newly_delisted = {other.con_id for other in diff.delisted}
    for con_id, contract in before.items():
        if con_id in newly_missing:
            after[con_id] = _with_absence(contract, since=now)
        elif con_id in newly_delisted:
            after[con_id] = _with_absence(contract, delisted_at=now)
        else:
            after.setdefault(con_id, _without_hours_of_the_past(contract, at))
    chain = sorted(after.values(), key=lambda item: (item.last_trade_date, item.con_id))
    return dataclasses.replace(received, contracts=tuple(chain), synced_at=synced_at)


def _seen(
    before: FuturesContract | None, received: FuturesContract, at: datetime, now: datetime
) -> FuturesContract:
    known = before.listing if before else None
    first = known.first_seen_at if known else now
    # What `dataclasses.replace` does, in half the time: this is done for every contract.
    values = dict(zip(_CONTRACT_FIELDS, _values_of(received), strict=True))
    seen = received.listing.last_seen_at if received.listing else at
    values["listing"] = _listing(first, seen)
    known_hours = before.schedule if before and not received.is_expired(at) else None
    values["schedule"] = fill_silent_schedule(known_hours, received.schedule)
    return FuturesContract(**values)


def _without_hours_of_the_past(contract: FuturesContract, at: datetime) -> FuturesContract:
    """Hours roll: of a contract that has ended they are over, and kept by day."""
    if contract.schedule is None or not contract.is_expired(at):
        return contract
    return dataclasses.replace(contract, schedule=None)


@lru_cache(256)
def _listing(first_seen_at: datetime, last_seen_at: datetime) -> ContractListing:
    """Contracts that appeared together have it in common."""
    return ContractListing(first_seen_at=first_seen_at, last_seen_at=last_seen_at)


def _with_absence(
    contract: FuturesContract,
    *,
    since: datetime | None = None,
    delisted_at: datetime | None = None,
) -> FuturesContract:
    """The contract as missing, since then or since before, or as delisted."""
    if contract.listing is None:
        raise ValueError(f"conId {contract.con_id} was never stored")
    listing = dataclasses.replace(
        contract.listing,
        missing_since=since or contract.listing.missing_since,
        delisted_at=delisted_at,
    )
    return dataclasses.replace(contract, listing=listing)


def _sync_instant(received: Future, now: datetime, *, is_file: bool) -> datetime | None:
    """When the reply was complete; a clock ahead of ours must not make it look fresh for ever."""
    if received.origin is Origin.CATALOGUE or (is_file and not is_file_dated(received, now)):
        return None
    return min(received.synced_at or now, now)


def _listing_changes(stored: Future | None, diff: ChainDiff) -> Iterable[FieldChange]:
    before = {contract.con_id: contract.listing for contract in stored.contracts} if stored else {}
    for contracts, new in (
        (diff.added, LISTED),
        (diff.missing, MISSING),
        (diff.delisted, DELISTED),
        (diff.returned, LISTED),
    ):
        for contract in contracts:
            old = _listing_word(before.get(contract.con_id))
            yield FieldChange(con_id=contract.con_id, field=LISTING, old=old, new=new)


def _listing_word(listing: ContractListing | None) -> str | None:
    if listing is None:
        return None
    if listing.delisted_at is not None:
        return DELISTED
    return LISTED if listing.missing_since is None else MISSING
