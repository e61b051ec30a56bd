"""When a reply says what the one before it said, but for hours, which roll: pure.

Such a reply changes nothing but hours and when its product was seen, as long as what is stored is
what the other one left, and as no day has come that means something for a contract. Both are
looked at every time, and a product about which anything is open is always read in full. Until which
day nothing is open is found out when the reply is stored, so that no chain need be read to know it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.entities.schedules import TradingSchedule
from ibkr_sync.domain.naming.query import FutureQuery

AROUND_THE_END: Final = (timedelta(days=-4), timedelta(days=5))
"""While a contract ended or ends within these days of today, its chain is read in full.

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
class RememberedProduct:
    """A stored product without its chain, and by what the last reply about it is recognised.

    Attributes:
        has_contracts: whether any contract of it is stored.
        market_rule_ids: the tick ladders that its contracts refer to.
        basis: a digest of all besides the reply that decides what becomes of the product, its rows
            above all, as they are now.
        mark: the mark of the reply as it was stored (see `reply_mark`).
    """

    key: ProductKey
    origin: Origin
    synced_at: datetime
    market_rule_ids: frozenset[int]
    basis: str
    mark: str

    def is_unchanged_by(self, query: FutureQuery, said: ReplyStatement, now: datetime) -> bool:
        """Whether a reply to a query would change nothing of the product but hours."""
        if self.synced_at > now or not is_current_mark(self.mark, now):
            return False
        return self.mark == self.marked_again(query, said, self.synced_at)

    def marked_again(self, query: FutureQuery, said: ReplyStatement, synced_at: datetime) -> str:
        """The mark of a reply that was recognised, once it is stored as given at an instant."""
        until, _, _ = self.mark.partition(" ")
        return reply_mark(self.basis, self.key, query, said, until=until, synced_at=synced_at)


def reply_mark(
    basis: str,
    key: ProductKey,
    query: FutureQuery,
    said: ReplyStatement,
    *,
    until: str,
    synced_at: datetime,
) -> str:
    """By what a reply is recognised when it comes again, which was stored on a basis.

    That is the ISO date `until` which its product is settled (see `settled_until`), and a digest of
    all that it takes to recognise the reply, this date among it.
    """
    asked = (query.currency, query.multiplier)
    parts = (basis, said.digest, key, asked, until, synced_at.isoformat())
    return f"{until} {hashlib.sha256(repr(parts).encode()).hexdigest()}"


def is_current_mark(mark: str | None, now: datetime) -> bool:
    """Whether a reply may be recognised by a stored mark, or would be read whatever it says."""
    return mark is not None and now.date().isoformat() < mark.partition(" ")[0]


def settled_until(product: Future, said: ReplyStatement, now: datetime) -> date | None:
    """The UTC date before which nothing is open about a product that a reply just left so.

    None where anything is open at the aware instant `now`: a contract is near its end or has ended
    since it was seen, is missing, remarked or closed, or those that the reply shows do not all have
    the product's zone and the hours that the reply states, or none of them lives.
    """
    if not _is_settled(product, said, now):
        return None
    _, after = AROUND_THE_END
    # The first to end is near its end from so many days before it on; those that ended are not near
    # theirs any more, or nothing would be settled.
    living = (contract for contract in product.contracts if not contract.is_expired(now))
    until = min(map(_last_day, living)) - after
    return until if now.date() < until else None


def _is_settled(product: Future, said: ReplyStatement, now: datetime) -> bool:
    if product.remarks or product.absent_since or product.closed_at:
        return False
    since = product.synced_at
    if since is None or since > now:
        return False
    shown = [contract for contract in product.contracts if contract.con_id in said.con_ids]
    others = [contract for contract in product.contracts if contract.con_id not in said.con_ids]
    return (
        len(shown) == len(said.con_ids)
        and all(_is_as_shown(contract, product, said) for contract in shown)
        and all(_is_over(contract, now) for contract in others)
        and not any(_is_open(contract, since, now) for contract in product.contracts)
        and not all(contract.is_expired(now) for contract in shown)
    )


def _is_open(contract: FuturesContract, since: datetime, now: datetime) -> bool:
    """Whether a contract is near its end, has ended since an instant, or is remarked upon."""
    before, after = AROUND_THE_END
    is_near = before <= contract.last_trade_date - now.date() <= after
    has_ended = contract.is_expired(since) != contract.is_expired(now)
    return is_near or has_ended or bool(contract.remarks)


def _is_as_shown(contract: FuturesContract, product: Future, said: ReplyStatement) -> bool:
    """Whether a contract that a reply shows is listed, with what it states of all of them."""
    has_hours = contract.schedule == said.schedule and contract.time_zone == product.time_zone
    return has_hours and contract.listing is not None and not contract.is_absent


def _is_over(contract: FuturesContract, now: datetime) -> bool:
    """Whether nothing is to be said of a contract that a reply lacks."""
    listing = contract.listing
    if listing is None or contract.schedule is not None:
        return False
    is_delisted = listing.delisted_at is not None and listing.delisted_at <= now
    return is_delisted or contract.is_expired(now)


def _last_day(contract: FuturesContract) -> date:
    """The first day that may be its last one, by its date or its instant."""
    instant = contract.last_trade_at
    return min(contract.last_trade_date, instant.date() if instant else date.max)
