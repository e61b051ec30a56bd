"""Which of several products is meant."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from example_products import DECEMBER, ES, MARCH, NOW
from ibkr_sync.domain.entities.futures import ChainExtent, Future, Origin
from ibkr_sync.domain.errors import AmbiguousProductError
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.selection.product_choice import choose_product, most_stored
from one_case import one_case
from strategies import futures

ES_QUERY = FutureQuery(symbol="ES")
ELSEWHERE = dataclasses.replace(ES, exchange="CBOT", contracts=(MARCH,))


def chosen(*matching: Future) -> Future:
    return choose_product(ES_QUERY, matching, Future, place="memory", now=NOW)


@one_case(
    ("product", "extent"),
    [
        (ES, ChainExtent.WHOLE),
        (dataclasses.replace(ES, synced_at=None), ChainExtent.SINGLE_CONTRACTS),
        (dataclasses.replace(ES, synced_at=None, origin=Origin.FILE), ChainExtent.WHOLE),
        (dataclasses.replace(ES, contracts=()), ChainExtent.NOTHING),
    ],
)
def test_a_product_says_how_much_of_its_chain_is_stored(
    product: Future, extent: ChainExtent
) -> None:
    assert product.chain_extent is extent


def test_the_product_of_which_most_is_stored_is_chosen() -> None:
    single = dataclasses.replace(ELSEWHERE, synced_at=None)
    stub = dataclasses.replace(ELSEWHERE, contracts=(), origin=Origin.CATALOGUE, synced_at=None)
    listed = dataclasses.replace(ES, contracts=(DECEMBER,))
    assert chosen(single, listed) == chosen(listed, single) == chosen(stub, listed) == listed
    assert chosen(stub, single) == single


def test_of_products_that_are_stored_alike_none_is_chosen() -> None:
    stub = dataclasses.replace(ES, exchange="X", contracts=(), synced_at=None)
    with pytest.raises(AmbiguousProductError) as caught:
        chosen(ELSEWHERE, stub, ES)
    assert [candidate.key.exchange for candidate in caught.value.candidates] == ["CBOT", "CME", "X"]


@settings(max_examples=settings().max_examples // 2)
@given(st.lists(futures(), min_size=1, max_size=4))
def test_what_is_left_is_stored_alike_and_nothing_more_is_left_out(products: list[Future]) -> None:
    left = most_stored(products)
    (extent,) = {product.chain_extent for product in left}
    assert all(product in left or product.chain_extent < extent for product in products)
