"""Which contract of a chain words mean."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from example_products import ES
from ibkr_sync.domain.entities.contracts import ContractMonth, ContractSeries, FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import (
    AmbiguousContractError,
    ContractNotFoundError,
    ProductLookupError,
)
from ibkr_sync.domain.naming.spellings import parse_spellings
from ibkr_sync.domain.selection.contract_choice import ContractMatch, ContractWords, find_contract
from one_case import one_case
from strategies import futures, instants

BEFORE_EXPIRY = datetime(2026, 11, 1, tzinfo=UTC)
AFTER_EXPIRY = datetime(2026, 11, 23, tzinfo=UTC)


def contract(
    con_id: int,
    local_symbol: str,
    month: str,
    day: str,
    *,
    trading_class: str = "CL",
    series: ContractSeries = ContractSeries.MONTHLY,
) -> FuturesContract:
    return FuturesContract(
        con_id=con_id,
        symbol="CL",
        exchange="NYMEX",
        trading_class=trading_class,
        currency="USD",
        local_symbol=local_symbol,
        last_trade_date=date.fromisoformat(day),
        contract_month=ContractMonth.parse(month),
        series=series,
    )


def chain(*contracts: FuturesContract, trading_class: str = "CL") -> Future:
    return Future(
        symbol="CL",
        exchange="NYMEX",
        trading_class=trading_class,
        currency="USD",
        contracts=contracts,
    )


DECEMBER_2016 = contract(1, "CLZ6", "2016-12", "2016-11-21")
DECEMBER_2026 = contract(2, "CLZ6", "2026-12", "2026-11-20")
JANUARY_2027 = contract(3, "CLF7", "2027-01", "2026-12-21")
DECEMBER_2036 = contract(4, "CLZ6", "2036-12", "2036-11-20")
CRUDE_OIL = chain(DECEMBER_2026, JANUARY_2027, DECEMBER_2036)


def words(text: str) -> ContractWords:
    read = parse_spellings(text)
    return ContractWords(
        text=read.text, spelling=next(iter(read.contracts), None), con_id=read.con_id
    )


@one_case("text", ["CLF7", "CL F7", "clf27", "CL 202701", "CL Jan27", "CL 20261221"])
def test_every_spelling_finds_the_contract(text: str) -> None:
    assert find_contract(CRUDE_OIL, words(text), BEFORE_EXPIRY) == ContractMatch(
        contract=JANUARY_2027
    )


def test_a_con_id_finds_the_contract_whatever_its_names() -> None:
    ten_digits = dataclasses.replace(JANUARY_2027, con_id=2000124323)
    found = find_contract(chain(DECEMBER_2026, ten_digits), words("2000124323"), BEFORE_EXPIRY)
    assert found.contract is ten_digits


def test_digits_are_a_conid_before_they_are_a_local_symbol() -> None:
    digits = dataclasses.replace(DECEMBER_2036, local_symbol="169120018")
    by_id = dataclasses.replace(JANUARY_2027, con_id=169120018)
    found = find_contract(chain(digits, by_id), words("169120018"), BEFORE_EXPIRY)
    assert found.contract is by_id
    found = find_contract(chain(digits, JANUARY_2027), words("169120018"), BEFORE_EXPIRY)
    assert found.contract is digits


def test_a_contract_is_named_by_its_delivery_month_not_by_its_last_trade() -> None:
    with pytest.raises(ContractNotFoundError):
        find_contract(CRUDE_OIL, words("CL 202611"), BEFORE_EXPIRY)


@one_case("text", ["169120018", "dvce91mr24", "4TLSN4L"])
def test_a_local_symbol_of_any_form_finds_its_contract(text: str) -> None:
    opaque = dataclasses.replace(JANUARY_2027, local_symbol=text.upper())
    local_symbol = ContractWords(text=text.upper())
    assert find_contract(chain(opaque), local_symbol, BEFORE_EXPIRY).contract is opaque


def test_a_padded_local_symbol_is_found_with_any_number_of_blanks() -> None:
    padded = contract(5, "ZN   MAR 24", "2024-03", "2024-03-19")
    assert find_contract(chain(padded), words("ZN MAR   24"), BEFORE_EXPIRY).contract is padded


def test_one_digit_means_the_contract_that_still_trades() -> None:
    product = chain(DECEMBER_2016, DECEMBER_2026)
    assert find_contract(product, words("CLZ6"), BEFORE_EXPIRY).contract is DECEMBER_2026


def test_one_digit_that_skips_a_decade_is_reported() -> None:
    found = find_contract(CRUDE_OIL, words("CLZ6"), AFTER_EXPIRY)
    assert found == ContractMatch(contract=DECEMBER_2036, is_other_year=True)


def test_one_digit_that_two_trading_contracts_share_is_the_nearer_one_with_a_note() -> None:
    found = find_contract(CRUDE_OIL, words("CLZ6"), BEFORE_EXPIRY)
    assert found == ContractMatch(contract=DECEMBER_2026, is_other_year=True)


def test_of_two_trading_contracts_the_one_of_that_local_symbol_is_meant() -> None:
    far = dataclasses.replace(DECEMBER_2036, local_symbol="CLZ36")
    product = chain(DECEMBER_2026, far)
    assert find_contract(product, words("CLZ6"), BEFORE_EXPIRY).contract is DECEMBER_2026


def test_one_digit_that_two_expired_contracts_share_is_ambiguous() -> None:
    """Of two that are over neither is the likelier."""
    product = chain(DECEMBER_2016, DECEMBER_2026)
    with pytest.raises(AmbiguousContractError):
        find_contract(product, words("CLZ6"), AFTER_EXPIRY)


@one_case(("text", "con_id"), [("CL 203612", 4), ("CLZ26", 2), ("CLZ2036", 4)])
def test_a_year_in_full_means_that_year_even_if_it_is_over(text: str, con_id: int) -> None:
    found = find_contract(CRUDE_OIL, words(text), AFTER_EXPIRY)
    assert (found.contract.con_id, found.is_other_year) == (con_id, False)


MONTHLY = contract(10, "VXX6", "2026-11", "2026-11-18", trading_class="VX")
WEEKLY = contract(
    11, "VX48X6", "2026-11", "2026-11-25", trading_class="VX48", series=ContractSeries.WEEKLY
)
VOLATILITY = chain(MONTHLY, WEEKLY, trading_class="VX")


@one_case(
    ("text", "con_id"), [("VX 202611", 10), ("VXX6", 10), ("VX48X6", 11), ("VX48 202611", 11)]
)
def test_a_month_means_the_monthly_contract_unless_the_week_is_named(
    text: str, con_id: int
) -> None:
    assert find_contract(VOLATILITY, words(text), BEFORE_EXPIRY).contract.con_id == con_id


def test_a_day_with_the_letter_of_a_series_means_that_series() -> None:
    daily = contract(12, "FMWP 20261120 D", "2026-11", "2026-11-20", series=ContractSeries.DAILY)
    product = chain(daily, trading_class="FMWP")
    assert find_contract(product, words("FMWP 20261120 D"), BEFORE_EXPIRY).contract is daily
    with pytest.raises(ContractNotFoundError):
        find_contract(product, words("FMWP 20261120 M"), BEFORE_EXPIRY)


@one_case(
    ("text", "con_ids"),
    [
        ("CL 20261222", [3]),
        ("CL 20261118", [2]),
        ("CL 20261205", [2]),
        ("CL 20261206", [3]),
        ("CL 20270106", []),
        ("CL 20261222 W", []),
        ("CL 202602", []),
        ("CLG6", []),
    ],
)
def test_next_to_a_day_on_which_none_ends_the_nearest_is_named(
    text: str, con_ids: list[int]
) -> None:
    with pytest.raises(ContractNotFoundError) as caught:
        find_contract(CRUDE_OIL, words(text), BEFORE_EXPIRY)
    assert [contract.con_id for contract in caught.value.nearest] == con_ids


def test_what_the_chain_lacks_is_an_error_that_names_the_product() -> None:
    with pytest.raises(ContractNotFoundError) as caught:
        find_contract(ES, words("ESU9"), BEFORE_EXPIRY)
    assert (caught.value.symbol, caught.value.product) == ("ESU9", ES.key)


@given(futures(), st.data(), instants)
def test_a_full_year_never_finds_another_month(
    product: Future, data: st.DataObject, now: datetime
) -> None:
    wanted = data.draw(
        st.sampled_from(
            [other.contract_month for other in product.contracts if other.contract_month]
        )
        if any(other.contract_month for other in product.contracts)
        else st.builds(ContractMonth, st.integers(2000, 2099), st.integers(1, 12))
    )
    asked = words(f"X {wanted.year}{wanted.month:02d}")
    try:
        found = find_contract(product, asked, now)
    except ProductLookupError:
        return
    assert found.contract.contract_month == wanted
