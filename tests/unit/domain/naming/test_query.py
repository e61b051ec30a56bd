"""What passes through the port: queries that narrow, policies that default to caution."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from example_products import DECEMBER, ES, MARCH
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from one_case import one_case
from strategies import futures, maybe


@one_case(
    "query",
    [
        FutureQuery(symbol="ES"),
        FutureQuery(symbol="ES", exchange="CME"),
        FutureQuery(symbol="ES", currency="USD"),
        FutureQuery(symbol="ES", trading_class="ES"),
        FutureQuery(symbol="ES", exchange="CME", currency="USD", trading_class="ES"),
        FutureQuery(symbol="ES", multiplier=Decimal("50.0")),
    ],
)
def test_a_query_means_every_product_that_it_does_not_contradict(query: FutureQuery) -> None:
    assert query.matches(ES)


@one_case(
    "query",
    [
        FutureQuery(symbol="NQ"),
        FutureQuery(symbol="es"),
        FutureQuery(symbol="ES", exchange="CBOT"),
        FutureQuery(symbol="ES", currency="EUR"),
        FutureQuery(symbol="ES", trading_class="EZ"),
        FutureQuery(symbol="ES", multiplier=Decimal(5)),
        FutureQuery(symbol="ES", exchange="CME", currency="USD", trading_class=""),
    ],
)
def test_a_query_does_not_mean_a_product_that_it_contradicts(query: FutureQuery) -> None:
    assert not query.matches(ES)


def test_a_size_means_the_products_that_have_contracts_of_it() -> None:
    mini = dataclasses.replace(DECEMBER, con_id=7, multiplier=Decimal(5))
    of_both = dataclasses.replace(ES, contracts=(*ES.contracts, mini), multiplier=None)
    unknown = dataclasses.replace(ES, contracts=(), multiplier=None)
    for product in (of_both, unknown):
        assert FutureQuery(symbol="ES", multiplier=Decimal(5)).matches(product)
    of_no_size = dataclasses.replace(ES, contracts=(MARCH,), multiplier=None)
    assert not FutureQuery(symbol="ES", multiplier=Decimal(5)).matches(of_no_size)


@given(futures(), maybe(st.just("exchange")), maybe(st.just("currency")))
def test_leaving_something_out_of_a_query_never_loses_a_product(
    product: Future, with_exchange: object, with_currency: object
) -> None:
    query = FutureQuery(
        symbol=product.symbol,
        exchange=product.exchange if with_exchange else None,
        currency=product.currency if with_currency else None,
    )
    assert query.matches(product)


@one_case(
    ("query", "text"),
    [
        (FutureQuery(symbol="ES"), "ES"),
        (FutureQuery(symbol="ES", exchange="CME"), "ES@CME"),
        (FutureQuery(symbol="DAX", trading_class="FDXM"), "DAX (FDXM)"),
        (FutureQuery(symbol="DAX", exchange="EUREX", trading_class="FDXM"), "DAX@EUREX (FDXM)"),
    ],
)
def test_a_query_is_shown_as_a_person_would_write_it(query: FutureQuery, text: str) -> None:
    assert str(query) == text


def test_a_policy_is_careful_unless_asked_otherwise() -> None:
    policy = SyncPolicy()
    assert not policy.allow_shrink
    assert not policy.include_expired
    assert not policy.dry_run
    assert policy.max_age is None
