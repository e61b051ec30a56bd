"""Contracts are put in the order that is asked for."""

from __future__ import annotations

import dataclasses
from datetime import date

from example_products import DECEMBER, ES, NOW
from ibkr_sync.domain.entities.delivery import Confidence, DeliveryDates, DeliverySource
from ibkr_sync.domain.selection.chain_selection import SORT_FIELDS, ChainSelection
from one_case import one_case

BY = DeliverySource(source="rule", confidence=Confidence.A, learnt_on=date(2026, 11, 1))


def cut_off(con_id: int, day: int) -> object:
    known = DeliveryDates(long_cutoff=date(2026, 12, day), sources={"long_cutoff": BY})
    return dataclasses.replace(DECEMBER, con_id=con_id, delivery=known)


CHAIN = (
    dataclasses.replace(DECEMBER, con_id=3, local_symbol="B"),
    cut_off(1, 9),
    cut_off(2, 4),
)


@one_case(
    ("sort", "con_ids"),
    [
        (None, [3, 1, 2]),
        ("con_id", [1, 2, 3]),
        ("-con_id", [3, 2, 1]),
        ("long_cutoff", [2, 1, 3]),
        ("-long_cutoff", [1, 2, 3]),
        ("local_symbol", [3, 1, 2]),
        ("last_seen_at", [3, 1, 2]),
    ],
)
def test_what_is_not_known_comes_last_and_equals_keep_their_order(
    sort: str | None, con_ids: list[int]
) -> None:
    found = ChainSelection(sort=sort).in_order(CHAIN, NOW)  # type: ignore[arg-type]
    assert [contract.con_id for contract in found] == con_ids


@one_case("field", SORT_FIELDS)
def test_every_field_that_is_offered_can_be_sorted_by(field: str) -> None:
    for sort in (field, f"-{field}"):
        assert len(ChainSelection(sort=sort).in_order(ES.contracts, NOW)) == len(ES.contracts)
