"""From the rows of a reply to its contracts: what a row leaves open, others say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import (
    ContractReply,
    ReplyRow,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.product_grouping import (
    group_by_product,
    in_own_currency,
    in_several_currencies,
    refuse_foreign_products,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.row_merging import (
    ROUTES,
    conflicting,
    merge_rows,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import (
    TranslatedRow,
    translate_row,
)

FindNamed = Callable[[Collection[str]], Iterable[Future]]
"""Gives the stored products that one of the words names, a conId among them."""


def no_rows_stored(_words: Collection[str]) -> tuple[Future, ...]:
    """Where nothing is stored, or nothing of it matters."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRows:
    """One row for each contract of a complete reply, and the products that they make."""

    rows: tuple[TranslatedRow, ...]
    products: Mapping[ProductKey, tuple[FuturesContract, ...]]


def read_rows(reply: ContractReply, find_named: FindNamed = no_rows_stored) -> ReadRows:
    """Translate the rows of a reply, merge them by contract and group these by product.

    Raises InvalidReplyError for a row that can't be identified or was not asked for.
    """
    received = reply.rows
    rows = [translate_row(other) for other in received]
    refuse_foreign_products(reply.request, rows)
    stored = _stored_of(reply.request, rows, find_named)
    rows = [
        translate_row(raw, stored=stored[row.con_id])
        if row.depends_on_stored and row.con_id in stored
        else row
        for raw, row in zip(received, rows, strict=True)
    ]
    read = _grouped(reply.request, rows, stored)
    zones = _zones_of_siblings(rows, read.products)
    if not zones:
        return read
    rows = [
        _in_zone_of_sibling(raw, row, zones, stored)
        for raw, row in zip(received, rows, strict=True)
    ]
    return _grouped(reply.request, rows, stored)


def _stored_of(
    request: ContractRequest, rows: Sequence[TranslatedRow], find_named: FindNamed
) -> dict[int, FuturesContract]:
    """The contracts as they are stored of which rows leave something open."""
    merged = merge_rows(rows, asked_on=request.exchange)
    in_question = conflicting(merged) | in_several_currencies(merged)
    in_question |= {
        row.con_id for row in rows if row.depends_on_stored or _may_list_twice(request, row)
    }
    if not in_question:
        return {}
    products = find_named([str(number) for number in sorted(in_question)])
    chain = (contract for product in products for contract in product.contracts)
    return {other.con_id: other for other in chain if other.con_id in in_question}


def _may_list_twice(request: ContractRequest, row: TranslatedRow) -> bool:
    places = {venue.exchange for venue in row.venues} | {row.exchange}
    return not request.exchange and len(places - ROUTES) > 1


def _grouped(
    request: ContractRequest,
    rows: Iterable[TranslatedRow],
    stored: Mapping[int, FuturesContract],
) -> ReadRows:
    merged = in_own_currency(merge_rows(rows, asked_on=request.exchange, stored=stored), stored)
    contracts = (row.contract for row in merged if row.contract is not None)
    return ReadRows(rows=merged, products=group_by_product(contracts))


def _zones_of_siblings(
    rows: Iterable[TranslatedRow], products: Mapping[ProductKey, tuple[FuturesContract, ...]]
) -> dict[int, str]:
    """By conId the zone id of its siblings, where it has none and those that state one agree."""
    stated = {row.con_id: row.zone_id for row in rows if row.zone_id is not None}
    zones: dict[int, str] = {}
    for chain in products.values():
        without = [contract.con_id for contract in chain if contract.con_id not in stated]
        known = [
            contract
            for contract in chain
            if contract.con_id in stated and contract.time_zone is not None
        ]
        if without and len({contract.time_zone for contract in known}) == 1:
            zones |= dict.fromkeys(without, stated[known[0].con_id])
    return zones


def _in_zone_of_sibling(
    raw: ReplyRow,
    row: TranslatedRow,
    zones: Mapping[int, str],
    stored: Mapping[int, FuturesContract],
) -> TranslatedRow:
    zone_id = zones.get(row.con_id)
    if zone_id is None:
        return row
    known = stored.get(row.con_id) if row.depends_on_stored else None
    return translate_row(raw, stored=known, sibling_zone_id=zone_id)
