"""Whatever history keeps as text is read back as it was."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest
from hypothesis import example, given

from example_products import DECEMBER, ES
from ibkr_sync.domain.canonical_text import (
    TRACKED_OF_CONTRACT,
    TRACKED_OF_PRODUCT,
    canonical_text,
    parse_canonical_text,
)
from ibkr_sync.domain.entities.contracts import FuturesContract, Venue
from ibkr_sync.domain.entities.futures import OF_CONTRACTS, Future, Underlying
from one_case import one_case
from strategies import contracts, futures


def test_every_field_but_these_has_a_history() -> None:
    assert {field.name for field in dataclasses.fields(FuturesContract)} - set(
        TRACKED_OF_CONTRACT
    ) == {
        *("con_id", "listing", "schedule", "order_types", "last_trade_text", "delivery"),
        *("min_size", "size_increment", "suggested_size_increment", "settlement_method"),
    }
    assert {field.name for field in dataclasses.fields(Future)} ^ set(TRACKED_OF_PRODUCT) == {
        *("contracts", "synced_at", "absent_since", "asset_class", *OF_CONTRACTS)
    }


@given(contracts)
@example(dataclasses.replace(DECEMBER, security_ids=(("", "a,b"), ("\\", ","))))
@example(dataclasses.replace(DECEMBER, venues=(Venue(exchange="A:1,\\"), Venue(exchange=":"))))
@example(dataclasses.replace(DECEMBER, multiplier=Decimal("1E+3"), min_tick=Decimal("1E-9")))
def test_every_field_of_a_contract_is_read_back_as_it_was(contract: FuturesContract) -> None:
    for name in TRACKED_OF_CONTRACT:
        value = getattr(contract, name)
        assert parse_canonical_text(name, canonical_text(value), of_contract=True) == value, name


@given(futures())
@example(dataclasses.replace(ES, underlying=Underlying(symbol="A B\\", sec_type="- -", con_id=1)))
@example(dataclasses.replace(ES, underlying=Underlying(symbol="\\", sec_type="-")))
def test_every_field_of_a_product_is_read_back_as_it_was(product: Future) -> None:
    for name in TRACKED_OF_PRODUCT:
        value = getattr(product, name)
        assert parse_canonical_text(name, canonical_text(value), of_contract=False) == value, name


@one_case(
    ("field", "text"),
    [
        ("multiplier", "many"),
        ("multiplier", "NaN"),
        ("multiplier", "1_0"),
        ("price_magnifier", "1.5"),
        ("last_trade_date", "20261218"),
        ("last_trade_date", "2026-02-30"),
        ("last_trade_at", "2026-12-18T14:30:00"),
        ("last_trade_at", "soon"),
        ("contract_month", "2026-13"),
        ("series", "yearly"),
        ("security_ids", "ISIN,A,CUSIP"),
        ("venues", "CME:x"),
    ],
)
def test_text_that_no_value_has_is_refused(field: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_canonical_text(field, text, of_contract=True)


@one_case("text", ["ES", "ES IND", "ES IND x", "ES  IND  1 "])
def test_text_that_names_no_underlying_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an underlying"):
        parse_canonical_text("underlying", text, of_contract=False)
