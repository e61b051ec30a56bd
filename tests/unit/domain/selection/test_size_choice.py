"""Contracts that nothing but their size tells apart, and those that replace others."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from example_products import DECEMBER, ES, MARCH, NOW
from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.delivery.nearest_contract import NearestRule, judge_nearest
from ibkr_sync.domain.entities.contracts import (
    ContractListing,
    ContractMonth,
    ContractState,
    FuturesContract,
)
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import AmbiguousContractError
from ibkr_sync.domain.selection.contract_choice import (
    ContractWords,
    find_contract,
    present_contracts,
)
from ibkr_sync.domain.selection.size_choice import (
    chain_of_size,
    differ_in_size_only,
    left_out_by_size,
)
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from one_case import one_case
from strategies import futures, instants

MINI = dataclasses.replace(DECEMBER, con_id=7, multiplier=Decimal(5))
OF_NO_SIZE = dataclasses.replace(DECEMBER, con_id=8, multiplier=None)
SEEN = ContractListing(first_seen_at=NOW, last_seen_at=NOW)
MISSING = dataclasses.replace(SEEN, missing_since=NOW)
DELISTED = dataclasses.replace(MISSING, delisted_at=NOW)
THE_MONTH = ContractWords(text=DECEMBER.local_symbol)


def nearest_of(product: Future) -> FuturesContract:
    days = BusinessDays(HolidayCalendar(), "weekdays")
    return judge_nearest(product, NearestRule(), NOW, days).nearest().contract


def chain(*contracts: FuturesContract) -> Future:
    return dataclasses.replace(ES, contracts=contracts)


@one_case("other", [MINI, OF_NO_SIZE])
def test_nothing_chooses_among_sizes(other: FuturesContract) -> None:
    product = chain(DECEMBER, other, MARCH)
    with pytest.raises(AmbiguousContractError) as nearest:
        nearest_of(product)
    with pytest.raises(AmbiguousContractError) as named:
        find_contract(product, THE_MONTH, NOW)
    assert set(nearest.value.contracts) == set(named.value.contracts) == {DECEMBER, other}
    assert nearest.value.sizes == named.value.sizes
    assert Decimal(50) in nearest.value.sizes


def test_two_that_not_even_their_size_distinguishes_are_ambiguous_too() -> None:
    again = dataclasses.replace(DECEMBER, con_id=9)
    with pytest.raises(AmbiguousContractError) as caught:
        nearest_of(chain(DECEMBER, again, MARCH))
    assert caught.value.sizes == ()


def test_a_multiplier_says_which() -> None:
    product = chain(DECEMBER, MINI, MARCH)
    for multiplier, expected in ((Decimal("50.0"), DECEMBER), (Decimal(5), MINI)):
        narrowed = chain_of_size(product, multiplier)
        assert narrowed.contracts == (expected, MARCH)
        assert nearest_of(narrowed) is expected
        assert find_contract(narrowed, THE_MONTH, NOW).contract is expected


def test_a_multiplier_hides_no_month_in_which_it_chooses_among_none() -> None:
    differs_by_month = chain(dataclasses.replace(DECEMBER, multiplier=Decimal(744)), MARCH)
    assert chain_of_size(differs_by_month, Decimal(744)) is differs_by_month
    both = chain(DECEMBER, OF_NO_SIZE, MINI, MARCH)
    assert chain_of_size(both, Decimal(5)).contracts == (MINI, MARCH)
    assert left_out_by_size(both, Decimal(5)) == (DECEMBER, OF_NO_SIZE)
    assert chain_of_size(both, Decimal(7)) is both


@one_case("difference", ["contract_month", "trading_class", "last_trade_date"])
def test_what_differs_in_more_than_its_size_is_no_twin(difference: str) -> None:
    values = {
        "contract_month": ContractMonth(2027, 1),
        "trading_class": "ES2",
        "last_trade_date": MARCH.last_trade_date,
    }
    other = dataclasses.replace(MINI, **{difference: values[difference]})  # type: ignore[arg-type]
    assert not differ_in_size_only(DECEMBER, other)
    assert nearest_of(chain(DECEMBER, other)) is DECEMBER


@one_case("listing", [MISSING, DELISTED])
def test_the_successor_of_a_contract_that_replies_lack_is_meant(listing: ContractListing) -> None:
    gone = dataclasses.replace(DECEMBER, listing=listing)
    for successor in (MINI, dataclasses.replace(DECEMBER, con_id=9, last_trade_date=NOW.date())):
        living = dataclasses.replace(successor, listing=SEEN, last_trade_at=None)
        for product in (chain(gone, living, MARCH), chain(living, gone, MARCH)):
            assert find_contract(product, THE_MONTH, NOW).contract is living
            assert nearest_of(product) is living


def test_the_same_letter_of_another_decade_is_no_successor() -> None:
    missing = dataclasses.replace(DECEMBER, listing=MISSING)
    far = dataclasses.replace(
        DECEMBER, con_id=9, contract_month=ContractMonth(2036, 12), last_trade_at=None
    )
    with pytest.raises(AmbiguousContractError):
        find_contract(chain(missing, far), THE_MONTH, NOW)


@given(futures(), instants)
def test_no_month_is_lost_and_nothing_that_is_present(product: Future, now: datetime) -> None:
    left = present_contracts(product.contracts, now)
    months = {contract.contract_month for contract in product.contracts}
    assert {contract.contract_month for contract in left} == months
    assert all(
        contract in left
        for contract in product.contracts
        if contract.state(now) in (ContractState.ACTIVE, ContractState.EXPIRED)
    )


@given(futures().filter(lambda item: item.contracts), st.decimals(1, 100, places=1))
def test_a_size_leaves_out_only_what_equals_one_of_it(product: Future, multiplier: Decimal) -> None:
    sized = dataclasses.replace(product.contracts[0], con_id=10**9, multiplier=multiplier)
    whole = dataclasses.replace(product, contracts=(*product.contracts, sized))
    narrowed = chain_of_size(whole, multiplier)
    for contract in whole.contracts:
        is_decided = contract.multiplier != multiplier and differ_in_size_only(contract, sized)
        assert (contract in narrowed.contracts) is not is_decided
    assert chain_of_size(whole, None) is whole
