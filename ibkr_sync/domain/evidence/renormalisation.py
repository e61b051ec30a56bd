"""What a kept reply makes of a stored product when it is read again: planned purely.

Only the reading is new, not the evidence: when contracts were seen, when they went missing and
when the product was last complete stay as they are, and so do contracts that are not in the
reply.
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
from ibkr_sync.domain.evidence.silence import fill_silent_product


@dataclass(frozen=True, slots=True, kw_only=True)
class Renormalised:
    """A product whose raw reply was read again; `applied` is False for a dry run."""

    update: ProductUpdate[Future]
    applied: bool


def plan_renormalisation(stored: Future, reread: Future, now: datetime) -> ProductUpdate[Future]:
    """Plan how the product and those of its contracts that are in the reply are rewritten.

    `now` is an aware instant. Contracts of the reply that are not in the stored chain are
    ignored: they have moved to another product since. Raises RawReplyError when the reply is
    about another product.
    """
    if reread.key != stored.key:
        raise RawReplyError(stored.key, f"read again, it is about {reread.key}")
    reread = fill_silent_product(stored, classified_product(stored, reread))
    again = {each.con_id: each for each in reread.contracts}
    chain = sorted(
        (_reread(each, again.get(each.con_id)) for each in stored.contracts),
        key=lambda each: (each.last_trade_date, each.con_id),
    )
    product = dataclasses.replace(reread, contracts=tuple(chain), synced_at=stored.synced_at)
    # A missing contract is in the chain, which is no sign that it was listed again.
    diff = dataclasses.replace(diff_chain(stored, product, now), returned=())
    return ProductUpdate(diff=diff, product=product, history=diff.changes)


def _reread(stored: FuturesContract, again: FuturesContract | None) -> FuturesContract:
    if again is None:
        return stored
    return dataclasses.replace(
        again, listing=stored.listing, schedule=again.schedule or stored.schedule
    )
