"""From the rows of a reply to products: routes, strangers, sizes."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from example_products import DECEMBER, MARCH
from ibkr_sync.domain.entities.contracts import (
    ContractListing,
    ContractMonth,
    ContractSeries,
    FuturesContract,
    Venue,
)
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.entities.schedules import TradingSchedule
from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.product_grouping import (
    group_by_product,
    merge_product_rows,
    refuse_foreign_products,
    refuse_mixed_currencies,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import TranslatedRow
from one_case import one_case

AT = datetime(2026, 11, 23, tzinfo=UTC)

OTHER_VALUES: dict[str, object] = {
    "symbol": "NQ",
    "trading_class": "EZ",
    "currency": "EUR",
    "local_symbol": "XXX",
    "last_trade_date": date(2027, 1, 1),
    "last_trade_at": None,
    "last_trade_text": "20270101",
    "contract_month": ContractMonth(2027, 1),
    "real_expiration_date": None,
    "series": ContractSeries.WEEKLY,
    "multiplier": Decimal(5),
    "min_tick": Decimal("0.5"),
    "price_magnifier": 100,
    "market_name": "X",
    "long_name": "X",
    "underlying_con_id": 1,
    "underlying_symbol": "X",
    "underlying_sec_type": "STK",
    "industry": "X",
    "category": "X",
    "subcategory": "X",
    "time_zone": "Asia/Tokyo",
    "venues": (Venue(exchange="CME"),),
    "order_types": ("X",),
    "security_ids": (),
    "economic_value_rule": "X",
    "economic_value_multiplier": Decimal(2),
    "aggregated_group": 3,
    "min_size": Decimal(2),
    "size_increment": Decimal(2),
    "suggested_size_increment": Decimal(2),
    "settlement_method": "Cash",
}


def on(exchange: str, contract: FuturesContract = DECEMBER) -> FuturesContract:
    return dataclasses.replace(contract, exchange=exchange)


def of_class(con_id: int, trading_class: str, multiplier: int, **fields: object) -> FuturesContract:
    return dataclasses.replace(
        DECEMBER,
        con_id=con_id,
        trading_class=trading_class,
        multiplier=Decimal(multiplier),
        **fields,  # type: ignore[arg-type]
    )


def row_of(contract: FuturesContract, **fields: object) -> TranslatedRow:
    row = TranslatedRow(
        con_id=contract.con_id,
        name=contract.local_symbol,
        symbol=contract.symbol,
        exchange=contract.exchange,
        trading_class=contract.trading_class,
        venues=contract.venues,
        zone_id=contract.time_zone,
        contract=contract,
        remarks=(),
        depends_on_stored=False,
    )
    return dataclasses.replace(row, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("exchange", ["", "CME", "QBALGO"])
def test_rows_that_were_asked_for_pass(exchange: str) -> None:
    rows = [row_of(DECEMBER), row_of(on("QBALGO")), row_of(on("QBALGO"), exchange=None)]
    unplaced = row_of(MARCH, exchange=None)  # nor does it list any exchange
    refuse_foreign_products(ContractRequest(symbol="ES", exchange=exchange), [*rows, unplaced])
    refuse_foreign_products(ContractRequest(con_id=DECEMBER.con_id), rows)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (ContractRequest(symbol="NQ"), "symbol"),
        (ContractRequest(symbol="es"), "symbol"),
        (ContractRequest(symbol="ES", exchange="CBOT"), "exchange"),
        (ContractRequest(con_id=MARCH.con_id), "con_id"),
        (ContractRequest(local_symbol="ESH7"), "local_symbol"),
    ],
)
def test_a_row_that_was_not_asked_for_is_refused(request_: ContractRequest, field: str) -> None:
    with pytest.raises(InvalidReplyError) as caught:
        refuse_foreign_products(request_, [row_of(DECEMBER)])
    assert caught.value.field == field
    assert caught.value.contract == "ESZ6"


def test_the_rows_of_a_contract_on_its_routes_become_one_on_its_listing_exchange() -> None:
    rows = [on("QBALGO"), MARCH, DECEMBER, on("SMART")]
    assert merge_product_rows(rows) == (DECEMBER, MARCH)


def test_a_contract_that_came_only_on_a_route_is_put_on_its_listing_exchange() -> None:
    assert merge_product_rows([on("QBALGO")]) == (DECEMBER,)


def test_a_contract_without_a_list_of_exchanges_stays_where_it_came_from() -> None:
    assert merge_product_rows([on("CBOT", MARCH)] * 2) == (on("CBOT", MARCH),)


def test_a_contract_without_a_list_of_exchanges_cannot_be_on_two() -> None:
    rows = [on("CBOT", MARCH), MARCH]
    with pytest.raises(InvalidReplyError) as caught:
        merge_product_rows(rows)
    assert caught.value.field == "exchange"
    # Unless it is known which of them lists it.
    assert merge_product_rows(rows, asked_on="CME") == (MARCH,)
    assert merge_product_rows(rows, stored={MARCH.con_id: MARCH}) == (MARCH,)


def test_equal_rows_are_one_contract() -> None:
    assert merge_product_rows([DECEMBER] * 3) == (DECEMBER,)


@one_case("field", OTHER_VALUES)
def test_rows_of_one_contract_that_differ_in_any_attribute_conflict(field: str) -> None:
    other = dataclasses.replace(DECEMBER, **{field: OTHER_VALUES[field]})  # type: ignore[arg-type]
    for rows in ([DECEMBER, other], [other, DECEMBER]):
        with pytest.raises(InvalidReplyError, match="conflict"):
            merge_product_rows(rows)


IDENTITY = {"symbol", "trading_class", "currency", "local_symbol"}


@pytest.mark.parametrize("field", OTHER_VALUES)
@pytest.mark.parametrize("route", ["QBALGO", "QBALGOIEU", "QBALGOIUS", "SMART"])
def test_of_the_row_of_a_route_only_the_identity_is_compared(route: str, field: str) -> None:
    other = dataclasses.replace(
        on(route),
        **{field: OTHER_VALUES[field]},  # type: ignore[arg-type]
    )
    for rows in ([DECEMBER, other], [other, DECEMBER]):
        if field in IDENTITY:
            with pytest.raises(InvalidReplyError, match="conflict"):
                merge_product_rows(rows)
        else:
            assert merge_product_rows(rows) == (DECEMBER,)


def on_exchanges(*exchanges: str) -> list[FuturesContract]:
    """Rows of one contract in another order than its exchanges have."""
    venues = tuple(Venue(exchange=each) for each in exchanges)
    return [
        dataclasses.replace(DECEMBER, exchange=each, venues=venues, multiplier=Decimal(place))
        for place, each in reversed(list(enumerate(exchanges, 1)))
    ]


@pytest.mark.parametrize(
    ("exchanges", "asked_on", "stored_on", "listing"),
    [
        (["CME", "QBALGO"], "", None, "CME"),
        (["QBALGO", "CME"], "", None, "CME"),  # a route may be named first
        (["QBALGOIEU", "QBALGOIUS", "IPE"], "", None, "IPE"),
        (["CME", "SMART"], "", None, "CME"),
        (["SMART", "CME"], "", "CME", "CME"),  # known better from before
        (["SMART", "CME"], "CME", None, "CME"),
        (["SMART", "CME"], "CME", "SMART", "CME"),
        (["CME", "QBALGO"], "QBALGO", None, "CME"),  # a route lists nothing, asked or stored
        (["CME", "QBALGO"], "", "QBALGO", "CME"),
        (["CME", "QBALGO"], "", "GLOBEX", "CME"),  # no longer available
    ],
)
def test_the_listing_exchange_is_the_one_asked_else_the_one_known_else_the_first_that_is_no_route(
    exchanges: list[str], asked_on: str, stored_on: str | None, listing: str
) -> None:
    stored = {DECEMBER.con_id: on(stored_on)} if stored_on else {}
    rows = on_exchanges(*exchanges)
    for order in (rows, rows[::-1]):
        (contract,) = merge_product_rows(order, asked_on=asked_on, stored=stored)
        assert contract.exchange == listing
        assert contract.multiplier == exchanges.index(listing) + 1  # its own row's


def test_a_contract_known_on_an_exchange_that_sent_no_row_is_put_there() -> None:
    venues = (Venue(exchange="SMART"), Venue(exchange="CME"))
    row = dataclasses.replace(DECEMBER, exchange="SMART", venues=venues)
    (contract,) = merge_product_rows([row], stored={DECEMBER.con_id: DECEMBER})
    assert contract == dataclasses.replace(row, exchange="CME")


SIZE = ("multiplier", "price_magnifier")


@pytest.mark.parametrize("unstated", [["multiplier"], ["price_magnifier"], [*SIZE]])
@pytest.mark.parametrize("is_weekly", [True, False])
def test_a_weekly_class_that_states_no_size_stays_with_its_product(
    unstated: list[str], is_weekly: bool
) -> None:
    product, weekly = of_class(1, "VX", 1000), of_class(2, "VX48", 1000)
    silent = dict.fromkeys(unstated)
    if is_weekly:
        weekly = dataclasses.replace(weekly, **silent)  # type: ignore[arg-type]
    else:
        product = dataclasses.replace(product, **silent)  # type: ignore[arg-type]
    ((key, members),) = group_by_product([product, weekly]).items()
    assert (key.trading_class, len(members)) == ("VX", 2)
    assert members[1].series is ContractSeries.WEEKLY
    other = dataclasses.replace(weekly, currency="EUR")
    assert len(group_by_product([product, other])) == 2


def test_every_attribute_but_the_exchange_is_compared() -> None:
    compared = {field.name for field in dataclasses.fields(DECEMBER) if field.compare}
    assert compared - {"con_id", "exchange", "remarks"} == OTHER_VALUES.keys()


def test_a_row_that_is_odd_in_what_the_other_leaves_out_is_no_conflict() -> None:
    remark = Remark(kind=RemarkKind.ODD_ROW, field="category")
    odd = dataclasses.replace(DECEMBER, remarks=(remark,))
    assert merge_product_rows([odd, DECEMBER]) == (odd,)


def test_hours_that_roll_on_between_two_rows_are_no_conflict() -> None:
    schedule = TradingSchedule(trading_hours="x", liquid_hours="", time_zone_id="US/Central")
    listing = ContractListing(first_seen_at=AT, last_seen_at=AT)
    later = dataclasses.replace(DECEMBER, schedule=schedule, listing=listing)
    assert merge_product_rows([DECEMBER, later]) == (DECEMBER,)


@pytest.mark.parametrize(
    ("symbol", "exchange", "sizes"),
    [
        ("DAX", "EUREX", {"FDAX": "25", "FDXM": "5", "FDXS": "1"}),
        ("ESTX50", "EUREX", {"FESX": "10", "FSXE": "1"}),
        ("SI", "COMEX", {"SI": "5000", "SIL": "1000"}),
        ("EOE", "FTA", {"FTI": "200", "MFA": "20"}),
        ("FTMIB", "IDEM", {"FTMIB": "5", "MINI": "1", "MICRO": "0.2"}),
        ("NIY", "CME", {"NIY": "500", "ENY": "100"}),
    ],
)
def test_products_of_one_symbol_are_told_apart_by_their_class(
    symbol: str, exchange: str, sizes: dict[str, str]
) -> None:
    """A class that begins like another (`SIL`) is not its series."""
    rows = [
        dataclasses.replace(
            DECEMBER,
            con_id=con_id,
            symbol=symbol,
            exchange=exchange,
            trading_class=trading_class,
            multiplier=Decimal(size),
        )
        for con_id, (trading_class, size) in enumerate(sizes.items(), 1)
    ]
    groups = group_by_product(rows)
    assert {key.trading_class: members[0].multiplier for key, members in groups.items()} == {
        trading_class: Decimal(size) for trading_class, size in sizes.items()
    }


def test_products_of_one_symbol_are_told_apart_by_their_exchange() -> None:
    namesakes = [DECEMBER, on("ONE", of_class(9, "ES", 100)), on("ONE", of_class(8, "ES1D", 100))]
    assert [tuple(key) for key in group_by_product(namesakes)] == [
        ("ES", "CME", "ES"),
        ("ES", "ONE", "ES"),
        ("ES", "ONE", "ES1D"),
    ]


def test_contracts_of_one_class_in_several_sizes_are_one_product() -> None:
    """A multiplier may differ by month, so it doesn't make a product."""
    groups = group_by_product([of_class(1, "EOE", 200), of_class(2, "EOE", 20)])
    assert [len(members) for members in groups.values()] == [2]


@pytest.mark.parametrize(
    "weekly",
    [
        pytest.param(of_class(2, "VX48", 100), id="another size"),
        pytest.param(of_class(2, "VX48", 1000, price_magnifier=100), id="another magnifier"),
        pytest.param(of_class(2, "VX48", 1000, currency="EUR"), id="another currency"),
        pytest.param(of_class(2, "VX00", 1000), id="week 0"),
        pytest.param(of_class(2, "VX54", 1000), id="week 54"),
        pytest.param(of_class(2, "VY48", 1000), id="another class"),
        pytest.param(of_class(2, "VX48", 1000, exchange="CBOT"), id="another exchange"),
    ],
)
def test_what_only_looks_like_a_weekly_series_is_a_product_of_its_own(
    weekly: FuturesContract,
) -> None:
    groups = group_by_product([of_class(1, "VX", 1000), weekly])
    assert {key.trading_class for key in groups} == {"VX", weekly.trading_class}


def test_a_weekly_series_without_its_product_is_a_product_of_its_own() -> None:
    (key,) = group_by_product([of_class(2, "VX48", 1000)])
    assert key.trading_class == "VX48"


def test_a_chain_is_in_order_of_last_trade_date() -> None:
    ((_, members),) = group_by_product([MARCH, DECEMBER]).items()
    assert members == (DECEMBER, MARCH)


routed = st.builds(
    lambda contract, con_id, exchange: dataclasses.replace(
        contract, con_id=con_id, exchange=exchange
    ),
    st.sampled_from([DECEMBER, MARCH, of_class(0, "VX", 50), of_class(0, "VX48", 50)]),
    st.integers(1, 4),
    st.sampled_from(["CME", "QBALGO"]),
)


@given(st.lists(routed, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: list[FuturesContract], random: Random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)

    def products(given_rows: list[FuturesContract]) -> object:
        try:
            return group_by_product(merge_product_rows(given_rows))
        except InvalidReplyError:
            return "conflict"

    assert products(rows) == products(shuffled)


def test_a_product_is_paid_in_one_currency() -> None:
    refuse_mixed_currencies([DECEMBER, MARCH])
    with pytest.raises(InvalidReplyError) as caught:
        refuse_mixed_currencies([DECEMBER, dataclasses.replace(MARCH, currency="EUR")])
    assert (caught.value.field, caught.value.value) == ("currency", "EUR")
