"""What the kept replies make of a stored product when they are read again: planned purely.

They are read oldest first, by the rules of today. Only the reading is new, not the evidence: when
contracts were seen, when they went missing and when the product was last complete stay as they
are. So does what no reply says that is still kept and can be read.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import RawReplyError
from ibkr_sync.domain.evidence.chain_diff import diff_chain
from ibkr_sync.domain.evidence.product_update import ProductUpdate, classified_product
from ibkr_sync.domain.evidence.silence import fill_silent_product, fill_silent_schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Renormalised:
    """A product whose raw replies were read again; `applied` is False for a dry run.

    Attributes:
        left: what of the past is left as it is, and why, a sentence for each.
        days: of how many days the hours are read otherwise.
    """

    update: ProductUpdate[Future]
    applied: bool
    left: tuple[str, ...] = ()
    days: int = 0


def product_after_reply(before: Future | None, received: Future, given_at: datetime) -> Future:
    """The product as the replies say that were read so far, after the next one.

    The silence of a reply contradicts nothing. `before` is None for the first, and after a reply
    that is not kept, or can't be read: that one may have said anything.
    """
    received = fill_silent_product(before, classified_product(before, received), given_at)
    chain = {contract.con_id: contract for contract in before.contracts} if before else {}
    for contract in received.contracts:
        known = chain[contract.con_id].schedule if contract.con_id in chain else None
        schedule = fill_silent_schedule(known, contract.schedule)
        chain[contract.con_id] = dataclasses.replace(contract, schedule=schedule)
    return dataclasses.replace(received, contracts=tuple(chain.values()))


def plan_renormalisation(stored: Future, reread: Future, now: datetime) -> ProductUpdate[Future]:
    """Plan how the product and those of its contracts that are in the reply are rewritten.

    `now` is an aware instant. Contracts of the reply that are not in the stored chain are
    ignored: they have moved to another product since. Raises RawReplyError when the reply is
    about another product.
    """
    if reread.key != stored.key:
        raise RawReplyError(stored.key, f"read again, it is about {reread.key}")
    reread = fill_silent_product(stored, classified_product(stored, reread), now)
    again = {contract.con_id: contract for contract in reread.contracts}
    chain = sorted(
        (_reread(contract, again.get(contract.con_id), now) for contract in stored.contracts),
        key=lambda item: (item.last_trade_date, item.con_id),
    )
    product = dataclasses.replace(
        reread,
        contracts=tuple(chain),
        synced_at=stored.synced_at,
        absent_since=stored.absent_since,
        closed_at=stored.closed_at,
    )
    # A missing contract is in the chain, which is no sign that it was listed again.
    diff = dataclasses.replace(diff_chain(stored, product, now), returned=())
    return ProductUpdate(diff=diff, product=product, history=diff.changes)


def _reread(
    stored: FuturesContract, again: FuturesContract | None, now: datetime
) -> FuturesContract:
    if again is None:
        return stored
    schedule = fill_silent_schedule(stored.schedule, again.schedule)
    if stored.schedule is None and stored.is_expired(now):
        schedule = None  # they are over
    return dataclasses.replace(again, listing=stored.listing, schedule=schedule)
