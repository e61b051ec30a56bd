"""What it makes of a stored product that its source no longer knows it: planned purely.

Observed twice, at least `DELISTING_CONFIRMATION` apart, its listed contracts are delisted, and a
product without a living contract is closed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from datetime import datetime

from ibkr_sync.domain.canonical_text import canonical_text
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.evidence.chain_diff import (
    DELISTING_CONFIRMATION,
    FieldChange,
    absent_from_chain,
    diff_chain,
    newly_expired,
)
from ibkr_sync.domain.evidence.product_update import ProductUpdate, with_absent_contracts

CLOSED_AT = "closed_at"
"""The field under which history keeps that a product was closed, or opened again."""


def contracts_to_ask_for(stored: Future, now: datetime) -> tuple[FuturesContract, ...]:
    """Give the contracts that must be unknown too if the product is, at the aware instant `now`."""
    return absent_from_chain(stored, dataclasses.replace(stored, contracts=()), now)


def plan_product_absence(
    stored: Future, gone: Collection[int], now: datetime
) -> ProductUpdate[Future]:
    """Plan what an absence that was observed at the aware instant `now` makes of a product.

    `gone` are the conIds of contracts that its source does not know either. An observation from
    the future of the clock confirms nothing: it begins anew, and what was closed by one is open.
    """
    diff = diff_chain(stored, dataclasses.replace(stored, contracts=()), now, gone)
    ended = newly_expired(stored, stored.contracts, now)
    diff = dataclasses.replace(diff, expired=ended)
    absent = with_absent_contracts(stored, diff, now)
    since = stored.absent_since
    if since is None or since > now:
        since = now
    product = dataclasses.replace(absent.product, absent_since=since)
    if (
        product.closed_by(now) is None
        and _is_confirmed(since, now)
        and not _has_living(product, now)
    ):
        before = canonical_text(product.closed_at)
        product = dataclasses.replace(product, closed_at=now)
        closed = FieldChange(con_id=None, field=CLOSED_AT, old=before, new=canonical_text(now))
        diff = dataclasses.replace(diff, changes=(*diff.changes, closed))
        return ProductUpdate(diff=diff, product=product, history=(*absent.history, closed))
    return dataclasses.replace(absent, product=product)


def _is_confirmed(since: datetime, now: datetime) -> bool:
    return now - since >= DELISTING_CONFIRMATION


def _has_living(product: Future, now: datetime) -> bool:
    """Whether a contract has neither ended nor been delisted; one that is missing may live."""
    return any(
        not contract.is_expired(now)
        and (
            contract.listing is None
            or contract.listing.delisted_at is None
            or contract.listing.delisted_at > now
        )
        for contract in product.contracts
    )
