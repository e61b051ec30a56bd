"""From the rows of one conId to its contract: routes, silence, contradictions."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from example_products import DECEMBER, MARCH
from fakes.translated_rows import row_of
from field_values import OTHER_VALUES, VALUES
from ibkr_sync.domain.entities.contracts import ContractListing, FuturesContract, Venue
from ibkr_sync.domain.entities.futures import CONTRACT_FIELDS
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.entities.schedules import TradingSchedule
from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.row_merging import merge_rows
from one_case import one_case

AT = datetime(2026, 11, 23, tzinfo=UTC)
COMPARED = [
    field
    for field in CONTRACT_FIELDS
    if field.name not in {"con_id", "exchange", "series", "schedule", "listing", "remarks"}
]
FULL = dataclasses.replace(
    DECEMBER,
    **{
        field.name: VALUES[field.kind]
        for field in COMPARED
        if getattr(DECEMBER, field.name) == field.unknown
    },  # type: ignore[arg-type]
)
"""A contract of which everything is stated."""

OTHERS = {field.name: OTHER_VALUES[field.kind] for field in COMPARED}
"""A value of each field by which two rows of a contract contradict each other."""


def on(exchange: str, contract: FuturesContract = DECEMBER) -> FuturesContract:
    return dataclasses.replace(contract, exchange=exchange)


def merged(
    rows: Iterable[FuturesContract],
    asked_on: str = "",
    stored: Mapping[int, FuturesContract] = MappingProxyType({}),
) -> tuple[FuturesContract | None, ...]:
    found = merge_rows(map(row_of, rows), asked_on=asked_on, stored=stored)
    return tuple(row.contract for row in found)


def test_the_rows_of_a_contract_on_its_routes_become_one_on_its_listing_exchange() -> None:
    rows = [on("QBALGO"), MARCH, DECEMBER, on("SMART")]
    assert merged(rows) == (DECEMBER, MARCH)


def test_a_contract_that_came_only_on_a_route_is_put_on_its_listing_exchange() -> None:
    assert merged([on("QBALGO")]) == (DECEMBER,)


def test_a_contract_without_a_list_of_exchanges_stays_where_it_came_from() -> None:
    assert merged([on("CBOT", MARCH)] * 2) == (on("CBOT", MARCH),)


def test_a_contract_without_a_list_of_exchanges_cannot_be_on_two() -> None:
    rows = [on("CBOT", MARCH), MARCH]
    ((row),) = merge_rows(map(row_of, rows))
    assert (row.contract, row.exchange) == (None, None)
    assert [(remark.field, remark.value) for remark in row.remarks] == [
        ("exchange", "'CBOT' or 'CME'")
    ]
    # Unless it is known which of them lists it.
    assert merged(rows, asked_on="CME") == (MARCH,)
    assert merged(rows, stored={MARCH.con_id: MARCH}) == (MARCH,)
    elsewhere = on("GLOBEX", MARCH)
    (kept,) = merged(rows, stored={MARCH.con_id: elsewhere})
    assert kept is not None
    assert (kept.exchange, [remark.field for remark in kept.remarks]) == ("GLOBEX", ["exchange"])


def test_equal_rows_are_one_contract() -> None:
    assert merged([DECEMBER] * 3) == (DECEMBER,)


NEEDED = {"trading_class", "currency", "local_symbol", "last_trade_date"}
FOLLOWING = {
    "last_trade_date": {"last_trade_at", "last_trade_text"},
    "last_trade_at": {"last_trade_text"},
}


@one_case("field", OTHERS.keys() - {"symbol"})
def test_what_rows_of_one_contract_state_otherwise_is_unstated_and_a_remark(field: str) -> None:
    other = dataclasses.replace(FULL, **{field: OTHERS[field]})  # type: ignore[arg-type]
    for rows in ([FULL, other], [other, FULL, other]):
        for stored in ({}, {FULL.con_id: FULL}):
            (row,) = merge_rows(map(row_of, rows), stored=stored)
            if field != "last_trade_text":
                (remark,) = row.remarks
                assert (remark.kind, remark.field) == (RemarkKind.ODD_ROW, field)
                assert remark.reason == "rows of one conId conflict"
            if field in NEEDED and not stored:
                assert row.contract is None
                assert row.name == ("conId 600000001" if field == "local_symbol" else "ESZ6")
                continue
            assert row.contract is not None
            lost = {field, *FOLLOWING.get(field, ())} - NEEDED
            unknown = {
                name: () if isinstance(getattr(FULL, name), tuple) else None for name in lost
            }
            kept = dataclasses.replace(FULL, remarks=row.remarks, **unknown)  # type: ignore[arg-type]
            assert row.contract == kept


def test_rows_of_one_conid_in_several_symbols_are_not_identified() -> None:
    with pytest.raises(InvalidReplyError, match="conflict"):
        merged([DECEMBER, dataclasses.replace(DECEMBER, symbol="NQ")])


@one_case("field", OTHERS)
def test_what_one_row_leaves_out_another_states(field: str) -> None:
    silence = () if isinstance(getattr(FULL, field), tuple) else None
    if field in {*NEEDED, "symbol"}:
        return
    silent = dataclasses.replace(FULL, **{field: silence})  # type: ignore[arg-type]
    for rows in ([FULL, silent], [silent, FULL]):
        assert merged(rows) == (FULL,)


def test_however_many_values_rows_state_the_remark_is_short() -> None:
    rows = [dataclasses.replace(DECEMBER, multiplier=Decimal(number)) for number in range(1, 1001)]
    (contract,) = merged(rows)
    assert contract is not None
    assert [remark.value for remark in contract.remarks] == ["'1' or '10' or 998 more"]


IDENTITY = {"trading_class", "currency", "local_symbol"}


@one_case(
    ("route", "field"),
    [
        (route, field)
        for route in ("QBALGO", "QBALGOIEU", "QBALGOIUS", "SMART")
        for field in OTHERS.keys() - {"symbol"}
    ],
)
def test_of_the_row_of_a_route_only_the_identity_is_compared(route: str, field: str) -> None:
    other = dataclasses.replace(
        on(route),
        **{field: OTHERS[field]},  # type: ignore[arg-type]
    )
    for rows in ([DECEMBER, other], [other, DECEMBER]):
        if field in IDENTITY:
            assert merged(rows) == (None,)
            (kept,) = merged(rows, stored={DECEMBER.con_id: DECEMBER})
            assert kept is not None
            assert dataclasses.replace(kept, remarks=()) == DECEMBER
            assert [remark.field for remark in kept.remarks] == [field]
        else:
            assert merged(rows) == (DECEMBER,)


def on_exchanges(*exchanges: str) -> list[FuturesContract]:
    """Rows of one contract in another order than its exchanges have."""
    venues = tuple(Venue(exchange=other) for other in exchanges)
    return [
        dataclasses.replace(DECEMBER, exchange=other, venues=venues, multiplier=Decimal(place))
        for place, other in reversed(list(enumerate(exchanges, 1)))
    ]


@one_case(
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
        (contract,) = merged(order, asked_on=asked_on, stored=stored)
        assert contract is not None
        assert contract.exchange == listing
        assert contract.multiplier == exchanges.index(listing) + 1  # its own row's


def test_a_contract_known_on_an_exchange_that_sent_no_row_is_put_there() -> None:
    venues = (Venue(exchange="SMART"), Venue(exchange="CME"))
    row = dataclasses.replace(DECEMBER, exchange="SMART", venues=venues)
    (contract,) = merged([row], stored={DECEMBER.con_id: DECEMBER})
    assert contract == dataclasses.replace(row, exchange="CME")


def test_every_attribute_but_the_exchange_and_the_series_is_compared() -> None:
    compared = {field.name for field in dataclasses.fields(DECEMBER) if field.compare}
    assert compared - {"con_id", "exchange", "series", "remarks"} == OTHERS.keys()


def test_what_one_row_says_oddly_another_may_state() -> None:
    remark = Remark(kind=RemarkKind.ODD_ROW, field="min_tick", value="'x'")
    odd = dataclasses.replace(DECEMBER, min_tick=None, remarks=(remark,))
    stated = dataclasses.replace(DECEMBER, remarks=(remark,))
    for rows in ([odd, DECEMBER], [DECEMBER, odd]):
        (row,) = merge_rows(row_of(other, remarks=other.remarks) for other in rows)
        assert row.contract == stated


def test_hours_that_roll_on_between_two_rows_are_no_conflict() -> None:
    schedule = TradingSchedule(trading_hours="x", liquid_hours="", time_zone_id="US/Central")
    listing = ContractListing(first_seen_at=AT, last_seen_at=AT)
    later = dataclasses.replace(DECEMBER, schedule=schedule, listing=listing)
    assert merged([DECEMBER, later]) == (DECEMBER,)


routed = st.builds(
    lambda contract, con_id, exchange, multiplier: dataclasses.replace(
        contract, con_id=con_id, exchange=exchange, multiplier=multiplier
    ),
    st.sampled_from([DECEMBER, MARCH]),
    st.integers(1, 4),
    st.sampled_from(["CME", "QBALGO"]),
    st.sampled_from([None, Decimal(5), Decimal(50)]),
)


@given(st.lists(routed, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: list[FuturesContract], random: Random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)

    def contracts(given_rows: list[FuturesContract]) -> dict[int, FuturesContract | None]:
        return {row.con_id: row.contract for row in merge_rows(map(row_of, given_rows))}

    assert contracts(rows) == contracts(shuffled)
