"""What a file is evidence of: that its rows were present when they were seen, and no more.

A row was seen at its own `last_seen_at`, else at the file's `synced_at`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TypeVar

from ibkr_sync.domain.entities.contracts import ContractListing, ContractState, FuturesContract
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.errors import OutdatedDataError, UndatedDataError

F = TypeVar("F", bound=Future)


def product_in_file(product: F, origin: Origin) -> F:
    """The product of a file with those of its rows that show a contract.

    A row that the file itself calls missing or delisted shows none. Of a listing only when the
    row was last seen is kept, which is never after the file's own time; that the file's writer
    found the product absent is no evidence.
    """
    chain = (
        dataclasses.replace(contract, listing=_seen(contract.listing, product.synced_at))
        for contract in product.contracts
        if not contract.is_absent
    )
    return dataclasses.replace(
        product, origin=origin, contracts=tuple(chain), absent_since=None, closed_at=None
    )


def _seen(listing: ContractListing | None, synced_at: datetime | None) -> ContractListing | None:
    if listing is None or synced_at is None or listing.last_seen_at >= synced_at:
        return None
    return ContractListing(first_seen_at=listing.last_seen_at, last_seen_at=listing.last_seen_at)


def is_file_dated(received: Future, now: datetime) -> bool:
    """Whether a file states as of when its data is; a time that is yet to come says nothing."""
    return received.synced_at is not None and received.synced_at <= now


def refuse_outdated_file(stored: Future, received: Future, now: datetime) -> None:
    """Raise OutdatedDataError for a file from before the last observation of what is stored.

    Raises UndatedDataError for one that does not state its time.
    """
    known, given = stored.synced_at, received.synced_at
    if given is None or given > now:
        if not stored.is_stub:
            raise UndatedDataError(stored.key, given)
    elif known is not None and given < known:
        raise OutdatedDataError(stored.key, stored=known, received=given)


def is_file_known(stored: Future | None, received: Future) -> bool:
    """Whether a file is exactly as old as what is stored, so that it changes nothing."""
    known = stored.synced_at if stored else None
    return known is not None and known == received.synced_at


def newer_file_rows(received: F, stored: Iterable[FuturesContract]) -> F:
    """The product of a file without the rows of contracts that were observed since."""
    observed = {contract.con_id: _observed_at(contract) for contract in stored}

    def is_newer(row: FuturesContract) -> bool:
        known = observed.get(row.con_id)
        seen = row.listing.last_seen_at if row.listing else received.synced_at
        return known is None or seen is None or seen > known

    chain = tuple(contract for contract in received.contracts if is_newer(contract))
    return dataclasses.replace(received, contracts=chain)


def contracts_not_stated(
    stored: Future, stated: Collection[int], now: datetime
) -> tuple[FuturesContract, ...]:
    """Give the stored contracts that trade at the aware instant `now` and that a file leaves out.

    A file that was cut says nothing of them, so that it makes their product no fresher.
    """
    return tuple(
        contract
        for contract in stored.contracts
        if contract.con_id not in stated
        and contract.state(now) is ContractState.ACTIVE
        and not contract.has_reached_last_day(now)
    )


def _observed_at(contract: FuturesContract) -> datetime | None:
    """When a contract was last seen, or found missing since, whatever the clock said before."""
    listing = contract.listing
    if listing is None:
        return None
    return listing.missing_since or listing.last_seen_at
