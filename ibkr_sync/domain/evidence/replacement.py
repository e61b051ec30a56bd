"""A contract that its source listed again under another conId: recognised purely."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.evidence.chain_diff import ChainDiff, FieldChange

REPLACED_BY: Final = "replaced_by"
"""The field under which history keeps that a delisted contract has a successor, by conId."""


def replacement_changes(product: Future, diff: ChainDiff) -> Iterator[FieldChange]:
    """Each delisted contract with its one successor, when the later of the two facts is new.

    A successor is listed, was seen first after the other, and is of the same class, month, last
    trade date and size. Of several on either side none is chosen. `product` is as it stands
    after the update that made `diff`.
    """
    news = {other.con_id for other in (*diff.delisted, *diff.added)}
    alike: defaultdict[tuple[object, ...], list[FuturesContract]] = defaultdict(list)
    for contract in product.contracts:
        alike[_terms(contract)].append(contract)
    for contracts in alike.values():
        delisted = [other for other in contracts if other.is_delisted]
        listed = [other for other in contracts if _is_listed(other)]
        if len(delisted) != 1 or len(listed) != 1:
            continue
        (old,), (new,) = delisted, listed
        if news.isdisjoint((old.con_id, new.con_id)) or not _is_later(new, old):
            continue
        yield FieldChange(
            con_id=old.con_id, field=REPLACED_BY, old=str(old.con_id), new=str(new.con_id)
        )


def _terms(contract: FuturesContract) -> tuple[object, ...]:
    return (
        *(contract.trading_class, contract.contract_month, contract.last_trade_date),
        *(contract.multiplier, contract.price_magnifier),
    )


def _is_listed(contract: FuturesContract) -> bool:
    return contract.listing is not None and contract.listing.missing_since is None


def _is_later(new: FuturesContract, old: FuturesContract) -> bool:
    if new.listing is None or old.listing is None:
        return False
    return new.listing.first_seen_at > old.listing.first_seen_at
