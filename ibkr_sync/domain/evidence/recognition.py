"""When a reply says what the one before it said, but for hours, which roll: pure.

Such a reply changes nothing but hours and when its product was seen, as long as what is stored is
what the other one left, and as no day has come that means something for a contract. Both are
looked at every time, and a product about which anything is open is always read in full.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from ibkr_sync.domain.entities.contracts import ContractListing, FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.schedules import TradingSchedule
from ibkr_sync.domain.naming.query import FutureQuery

F = TypeVar("F", bound=Future)

AROUND_THE_END: Final = (timedelta(days=-4), timedelta(days=5))
"""While a contract of a chain ends within these days, the chain is read in full.

Silence is then a habit, absence no loss, hours end, and what describes the product changes.
"""

LONGEST_RECOGNISED: Final = 28
"""Days after which a reply is read in full again, whatever it says: what translates it, as the
rules of time zones, may have changed with nobody's knowledge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyStatement:
    """What a whole reply says, but for hours.

    Attributes:
        digest: of all its rows and of the question, without request ids and hours; of what decodes
            them too.
        con_ids: of all its rows.
        schedule: the hours that all its rows state.
    """

    digest: str
    con_ids: frozenset[int]
    schedule: TradingSchedule


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownReply:
    """By what the reply that was stored last is recognised when it comes again.

    Attributes:
        basis: a digest of all besides the reply that decides what becomes of its product, the
            product's rows above all, as they are now.
        digest: of the reply, the query and the basis as it was when the reply was stored; None
            where another reply will have to be read, whatever it says.
    """

    basis: str
    digest: str | None

    def is_said_again(
        self, product: Future, query: FutureQuery, said: ReplyStatement, now: datetime
    ) -> bool:
        """Whether a reply to a query would change nothing of its product but hours."""
        if self.digest is None or not is_settled(product, said.con_ids, now):
            return False
        return self.digest == reply_digest(self.basis, product, query, said)


NOT_RECOGNISED: Final = KnownReply(basis="", digest=None)


def reply_digest(basis: str, product: Future, query: FutureQuery, said: ReplyStatement) -> str:
    """The digest of a reply about a product, on a basis (see `KnownReply`)."""
    parts = (basis, said.digest, product.key, query.currency, query.multiplier)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def is_settled(product: Future, con_ids: frozenset[int], now: datetime) -> bool:
    """Whether nothing is open about a stored product, of which a reply shows these contracts.

    None is near its end at the aware instant `now`, or has ended since it was seen, nothing is
    missing, remarked or closed, and all
    that are shown share their hours.
    """
    if product.remarks or product.absent_since or product.closed_at or product.synced_at is None:
        return False
    chain = {contract.con_id: contract for contract in product.contracts}
    if not con_ids or not con_ids <= chain.keys() or product.synced_at > now:
        return False
    shared = {id(chain[con_id].schedule) for con_id in con_ids}
    return len(shared) == 1 and all(
        _is_settled(contract, product.synced_at, now, is_shown=con_id in con_ids)
        for con_id, contract in chain.items()
    )


def _is_settled(
    contract: FuturesContract, since: datetime, now: datetime, *, is_shown: bool
) -> bool:
    before, after = AROUND_THE_END
    is_near = before <= contract.last_trade_date - now.date() <= after
    listing = contract.listing
    if (
        is_near
        or contract.is_expired(since) != contract.is_expired(now)
        or contract.remarks
        or listing is None
    ):
        return False
    if is_shown:
        return listing.missing_since is None and listing.delisted_at is None
    is_over = contract.is_expired(now) or (
        listing.delisted_at is not None and listing.delisted_at <= now
    )
    return is_over and contract.schedule is None


def has_hours(product: Future, said: ReplyStatement) -> bool:
    """Whether the hours that a reply states are those of all contracts that it shows."""
    return all(
        contract.schedule == said.schedule
        for contract in product.contracts
        if contract.con_id in said.con_ids
    )


def seen_again(product: F, said: ReplyStatement, synced_at: datetime) -> F:
    """The stored product as a reply leaves it that says the same and was given at an instant."""
    listings: dict[ContractListing | None, ContractListing | None] = {}  # chains share them
    chain = []
    for contract in product.contracts:
        if contract.con_id in said.con_ids:
            known = contract.listing
            if known not in listings:
                listings[known] = known and dataclasses.replace(known, last_seen_at=synced_at)
            contract = dataclasses.replace(  # noqa: PLW2901
                contract, schedule=said.schedule, listing=listings[known]
            )
        chain.append(contract)
    return dataclasses.replace(product, contracts=tuple(chain), synced_at=synced_at)
