"""From the rows of a reply to a product: what a row leaves open, siblings and the database tell."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime

import pytest
from ibapi.server_versions import MAX_CLIENT_VER

from fakes.recordings import RECORDED_ES, received, received_frame, reply_rows
from gateway.dialects import dialect_for
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.errors import InvalidReplyError, ProductNotFoundError
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.evidence.product_update import plan_update
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.infrastructure.replay.rows import ContractRow
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import (
    ContractReply,
    ReplyRow,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.text_frames import _positions
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.reply_reader import ReplyReader
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.row_reader import FindNamed
from one_case import one_case

AT = datetime(2025, 5, 21, 12, tzinfo=UTC)
ES = FutureQuery(symbol="ES")
AT_CME = ContractRequest(symbol="ES", exchange="CME")

(RECORDED,) = RECORDED_ES.contracts
CHAIN = tuple(
    dataclasses.replace(
        RECORDED,
        con_id=str(con_id),
        local_symbol=local_symbol,
        contract_month=day[:6],
        last_trade_date_or_contract_month=f"{day} 08:30:00 US/Central",
        real_expiration_date=day,
    )
    for con_id, local_symbol, day in (
        (701, "ESM5", "20250620"),
        (702, "ESU5", "20250919"),
        (703, "ESZ5", "20251219"),
    )
)
READER = ReplyReader(Future, load_catalogue())


def reply_of(
    rows: Iterable[ContractRow | ReplyRow], request: ContractRequest = AT_CME
) -> ContractReply:
    return ContractReply(
        request=request,
        rows=reply_rows(row if isinstance(row, ReplyRow) else received(row) for row in rows),
        end_frame=b"52\x001\x001\x00",
        received_at=AT,
        server_version=157,
        client_version="9.81.1",
    )


def read(
    *rows: ContractRow | ReplyRow,
    stored: Future | None = None,
    request: ContractRequest = AT_CME,
) -> AcquiredFuture[Future]:
    return READER.read(ES, reply_of(rows, request), knowing(stored))


def knowing(stored: Future | None) -> FindNamed:
    def find_named(words: Collection[str]) -> tuple[Future, ...]:
        chain = stored.contracts if stored else ()
        return (stored,) if stored and {str(row.con_id) for row in chain} & set(words) else ()

    return find_named


def with_odd(field: str, value: str, row: int = 1) -> list[ContractRow]:
    rows = list(CHAIN)
    rows[row] = dataclasses.replace(rows[row], **{field: value})  # type: ignore[arg-type]
    return rows


def contract_of(acquired: AcquiredFuture[Future], con_id: int) -> FuturesContract:
    (contract,) = (other for other in acquired.product.contracts if other.con_id == con_id)
    return contract


def remarks_of(acquired: AcquiredFuture[Future]) -> list[tuple[int | str | None, Remark]]:
    """Every remark with the conId of its contract, or the name where the row makes none."""
    product = acquired.product
    own = [(other.con_id, remark) for other in product.contracts for remark in other.remarks]
    return [*own, *((other.contract, other) for other in product.remarks)]


FIXED_PLACES: dict[str, tuple[str, str, str | None]] = {
    # what is at the place: a value that can't be read, what a remark calls it, where it would be
    "last_trade": ("20250919 24:00 US/Central", "last_trade_date", "last_trade_at"),
    "exchange": ("", "exchange", "exchange"),
    "currency": ("\x1b", "currency", "currency"),
    "local_symbol": ("\u202e", "local_symbol", "local_symbol"),
    "trading_class": (" ", "trading_class", "trading_class"),
    "min_tick": ("0", "min_tick", "min_tick"),
    "multiplier": ("fifty", "multiplier", "multiplier"),
    "price_magnifier": ("1.5", "price_magnifier", "price_magnifier"),
    "under_con_id": ("-1", "underlying_con_id", "underlying_con_id"),
    "contract_month": ("202513", "contract_month", "contract_month"),
    "time_zone_id": ("Mars/Olympus", "time_zone", "time_zone"),
    "valid_exchanges": ("\x1b", "market_rule_ids", "venues"),
    "ev_multiplier": ("half", "economic_value_multiplier", "economic_value_multiplier"),
}
IDENTIFYING = {"symbol": "", "sec_type": "OPT", "con_id": "-7"}
ANY_TEXT = (
    *("market_name", "order_types", "long_name", "primary_exchange"),
    *("industry", "category", "subcategory", "trading_hours", "liquid_hours", "ev_rule"),
    *("strike", "right", "md_size_multiplier"),
)
FRAMING = ("message_id", "message_version", "request_id")
NEEDED = {"exchange", "currency", "local_symbol", "trading_class", "last_trade"}


def with_broken(place: str, value: bytes) -> list[ContractRow | ReplyRow]:
    """The chain with one field of the second row's frame replaced."""
    fields = received(CHAIN[1]).frame.split(b"\0")
    fields[_positions(157)[place]] = value
    return [CHAIN[0], received_frame(b"\0".join(fields), 157), CHAIN[2]]


def test_every_field_at_a_fixed_place_is_tried() -> None:
    tried = {*FIXED_PLACES, *IDENTIFYING, *ANY_TEXT, *FRAMING}
    assert set(_positions(157)) == tried
    assert set(_positions(187)) <= tried | {"last_trade_date"}


@one_case("place", FIXED_PLACES)
def test_a_field_that_can_t_be_read_leaves_the_contract_present_and_is_reported(place: str) -> None:
    value, field, attribute = FIXED_PLACES[place]
    stored = read(*CHAIN).product
    rows = with_broken(place, value.encode())
    for known in (None, stored):
        acquired = read(*rows, stored=known)
        ((contract, remark),) = remarks_of(acquired)
        assert (remark.kind, remark.field) == (RemarkKind.ODD_ROW, field)
        con_ids = {other.con_id for other in acquired.product.contracts}
        if place in NEEDED and known is None:
            name = "conId 702" if place == "local_symbol" else "ESU5"
            assert (con_ids, contract) == ({701, 703}, name)
            continue
        assert (con_ids, contract) == ({701, 702, 703}, 702)
        was, now = contract_of(AcquiredFuture(product=stored), 702), contract_of(acquired, 702)
        differing = {
            other.name
            for other in dataclasses.fields(now)
            if getattr(now, other.name) != getattr(was, other.name)
        }
        assert differing <= {attribute, "last_trade_text", "schedule", "remarks"}
        for sibling in (701, 703):
            assert contract_of(acquired, sibling) == contract_of(
                AcquiredFuture(product=stored), sibling
            )


@one_case("place", ANY_TEXT)
def test_a_text_that_may_be_anything_harms_nothing(place: str) -> None:
    acquired = read(*with_broken(place, b"\x1b"))
    assert remarks_of(acquired) == []
    assert [contract.con_id for contract in acquired.product.contracts] == [701, 702, 703]


@one_case("place", IDENTIFYING)
def test_a_row_that_can_t_be_identified_refuses_the_reply(place: str) -> None:
    with pytest.raises(InvalidReplyError):
        read(*with_broken(place, IDENTIFYING[place].encode()))


@one_case(
    ("field", "value", "name"),
    [
        ("market_rule_ids", "67", "market_rule_ids"),
        ("real_expiration_date", "20250931", "real_expiration_date"),
        ("agg_group", "-2", "aggregated_group"),
    ],
)
def test_so_does_a_field_behind_the_fixed_places(field: str, value: str, name: str) -> None:
    acquired = read(*with_odd(field, value))
    assert [(of, remark.field) for of, remark in remarks_of(acquired)] == [(702, name)]
    assert len(acquired.product.contracts) == 3


ODD_VALUES = {
    **{place: (value, field) for place, (value, field, _) in FIXED_PLACES.items()},
    "multiplier": ("-5", "multiplier"),
    "price_magnifier": ("-1", "price_magnifier"),
    "ev_multiplier": ("nan", "economic_value_multiplier"),
    "market_rule_ids": ("67", "market_rule_ids"),
    "real_expiration_date": ("20250931", "real_expiration_date"),
    "agg_group": ("-2", "aggregated_group"),
}
"""Values that every form of the protocol can carry, by the names of `ContractRow`."""

VERSIONS = [version for version in (157, 187, 225) if version <= MAX_CLIENT_VER]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("place", ODD_VALUES)
def test_so_it_is_in_every_form_of_the_protocol(place: str, version: int) -> None:
    value, name = ODD_VALUES[place]
    field = {"last_trade": "last_trade_date_or_contract_month"}.get(place, place)
    dialect = dialect_for(version)

    def rows(chain: Iterable[ContractRow]) -> list[ReplyRow]:
        return [received_frame(dialect.contract_data(row, 1), version) for row in chain]

    stored = read(*rows(CHAIN)).product
    for known in (None, stored):
        acquired = read(*rows(with_odd(field, value)), stored=known)
        is_left_out = place in NEEDED and known is None
        label = "conId 702" if place == "local_symbol" else "ESU5"
        contract = label if is_left_out else 702
        assert [(of, remark.field) for of, remark in remarks_of(acquired)] == [(contract, name)]
        assert len(acquired.product.contracts) == (2 if is_left_out else 3)


def test_a_stored_contract_of_a_single_row_keeps_what_it_can_t_say() -> None:
    stored = read(CHAIN[1]).product
    odd = dataclasses.replace(CHAIN[1], trading_class="", min_tick="0.5")
    acquired = read(odd, stored=stored)
    contract = contract_of(acquired, 702)
    assert (contract.trading_class, str(contract.min_tick)) == ("ES", "0.5")
    with pytest.raises(InvalidReplyError) as caught:
        read(odd)
    assert (caught.value.contract, caught.value.field) == ("ESU5", "trading_class")


def test_a_row_of_another_product_that_makes_no_contract_is_not_this_one_s() -> None:
    stranger = dataclasses.replace(
        CHAIN[2], trading_class="ESX", last_trade_date_or_contract_month="soon"
    )
    acquired = read(CHAIN[0], stranger)
    assert remarks_of(acquired) == []


def test_an_odd_row_is_kept_as_evidence() -> None:
    acquired = read(*with_odd("currency", ""))
    assert acquired.evidence is not None
    assert len(acquired.evidence.frames) == 4


def test_what_a_route_s_row_says_oddly_is_not_reported() -> None:
    route = dataclasses.replace(CHAIN[0], exchange="QBALGO", min_tick="0", order_types="LMT")
    request = ContractRequest(symbol="ES")
    for rows in ((CHAIN[0], route), (route, CHAIN[0])):
        acquired = read(*rows, request=request)
        assert remarks_of(acquired) == []
        assert acquired.product == read(CHAIN[0], request=request).product
    alone = read(route, request=request)
    assert [remark.field for _, remark in remarks_of(alone)] == ["min_tick"]


@one_case("field", ["trading_hours", "liquid_hours"])
def test_hours_that_can_t_be_read_are_a_remark_that_is_the_same_every_day(field: str) -> None:
    first = read(*with_odd(field, "20250521:0930-20250521:1600;20250522:all day"))
    second = read(*with_odd(field, "20250522:all day;20250523:CLOSED"))
    ((contract, remark),) = remarks_of(first)
    assert (contract, str(remark)) == (
        702,
        f"{field} '20250522:all day': is neither a session nor CLOSED",
    )
    assert [other.subject for _, other in remarks_of(second)] == [remark.subject]
    overlapping = "20250521:0900-20250521:1200;20250521:1100-20250521:1300"
    ((_, remark),) = remarks_of(read(*with_odd(field, overlapping)))
    assert (remark.value, remark.reason) == (
        "'20250521:1100-20250521:1300'",
        "overlaps another session",
    )


CONTRADICTIONS = {
    # what a second row of ESU5 says, and what a remark calls it
    "multiplier": ("5", "multiplier"),
    "order_types": ("LMT", "order_types"),
    "time_zone_id": ("Japan", "time_zone"),
    "trading_class": ("EZ", "trading_class"),
    "currency": ("EUR", "currency"),
    "last_trade_date_or_contract_month": ("20250918", "last_trade_date"),
}


@one_case("field", CONTRADICTIONS)
def test_a_contract_whose_rows_conflict_is_present_and_keeps_what_is_known(field: str) -> None:
    value, name = CONTRADICTIONS[field]
    stored = read(*CHAIN).product
    other = dataclasses.replace(CHAIN[1], **{field: value})  # type: ignore[arg-type]
    for rows in ((*CHAIN, other), (other, *CHAIN)):
        known = read(*rows, stored=stored)
        assert [(of, remark.field) for of, remark in remarks_of(known)] == [(702, name)]
        update = plan_update(stored, known.product, AT)
        assert {change.field for change in update.history} == {"remarks"}
        again = plan_update(update.product, read(*rows, stored=update.product).product, AT)
        assert again.history == ()
        for contract in update.product.contracts:
            was = contract_of(AcquiredFuture(product=stored), contract.con_id)
            now = dataclasses.replace(contract, remarks=(), order_types=was.order_types)
            assert dataclasses.replace(now, last_trade_text=was.last_trade_text) == was
        new = read(*rows)
        is_needed = name in (*NEEDED, "last_trade_date")
        assert [of for of, _ in remarks_of(new)] == ["ESU5" if is_needed else 702]
        assert len(new.product.contracts) == (2 if is_needed else 3)


def test_a_row_in_another_currency_is_odd_and_a_product_of_another_class_is_not() -> None:
    stored = read(*CHAIN).product
    odd = with_odd("currency", "EUR")
    foreign = [
        dataclasses.replace(
            row, con_id=f"8{row.con_id}", trading_class="ESX", currency="EUR", multiplier="5"
        )
        for row in CHAIN
    ]
    query = FutureQuery(symbol="ES", trading_class="ES")
    known = READER.read(query, reply_of([*odd, *foreign]), knowing(stored))
    assert {contract.currency for contract in known.product.contracts} == {"USD"}
    assert [(of, str(remark)) for of, remark in remarks_of(known)] == [
        (702, "currency 'EUR': the others are in USD")
    ]
    (other,) = known.others
    assert (other.currency, other.trading_class, len(other.contracts)) == ("EUR", "ESX", 3)
    new = READER.read(query, reply_of([*odd, *foreign]))
    assert [(of, remark.field) for of, remark in remarks_of(new)] == [("ESU5", "currency")]
    assert [contract.con_id for contract in new.product.contracts] == [701, 703]
    with pytest.raises(InvalidReplyError, match="currency"):
        read(*odd[:2])
    rows = (CHAIN[1], dataclasses.replace(CHAIN[1], currency="EUR", market_rule_ids="1"))
    with pytest.raises(InvalidReplyError, match="currency"):
        read(*rows)  # which is why it makes no contract, whatever else is odd
    assert len(read(*odd[:2], stored=stored).product.contracts) == 2


def test_nothing_that_is_meant_is_not_found() -> None:
    with pytest.raises(ProductNotFoundError):
        READER.read(FutureQuery(symbol="ES", exchange="ONE"), reply_of(CHAIN))


ABOUT_TO_EXPIRE = dataclasses.replace(CHAIN[0], time_zone_id="", trading_hours="", liquid_hours="")


@one_case("zone_id", ["", "Mars/Olympus"])
def test_a_row_without_a_zone_has_that_of_its_siblings(zone_id: str) -> None:
    row = dataclasses.replace(
        ABOUT_TO_EXPIRE,
        time_zone_id=zone_id,
        last_trade_date_or_contract_month="20250621 04:30:00 CTT",
    )
    product = read(row, *CHAIN[1:]).product
    assert {contract.time_zone for contract in product.contracts} == {"America/Chicago"}
    assert product.time_zone == "America/Chicago"
    assert product.contracts[0].last_trade_date == date(2025, 6, 20)
    assert product.contracts[0].schedule is None


def test_siblings_that_disagree_say_nothing() -> None:
    tokyo = dataclasses.replace(CHAIN[2], time_zone_id="Japan")
    product = read(ABOUT_TO_EXPIRE, CHAIN[1], tokyo).product
    assert product.contracts[0].time_zone is None


def test_a_zone_is_no_sibling_s_of_another_product() -> None:
    other = dataclasses.replace(CHAIN[1], trading_class="ESX", time_zone_id="Japan", multiplier="5")
    query = FutureQuery(symbol="ES", trading_class="ES")
    (contract,) = READER.read(query, reply_of([ABOUT_TO_EXPIRE, other])).product.contracts
    assert contract.time_zone is None


def test_hours_without_a_zone_are_in_that_of_the_siblings() -> None:
    row = dataclasses.replace(CHAIN[0], time_zone_id="")
    product = read(row, *CHAIN[1:]).product
    schedule = product.contracts[0].schedule
    assert schedule is not None
    assert schedule.time_zone_id == "US/Central"


def test_a_login_in_an_unknown_zone_moves_no_date_that_is_known() -> None:
    stored = read(*CHAIN).product
    shifted = [
        dataclasses.replace(
            row,
            last_trade_date_or_contract_month=row.last_trade_date_or_contract_month.replace(
                "0 08:30:00 US/Central", "1 04:30:00 Mars/Olympus"
            ),
        )
        for row in CHAIN
    ]
    known = read(*shifted, stored=stored).product
    assert known.contracts[0].last_trade_date == date(2025, 6, 20)
    assert read(*shifted).product.contracts[0].last_trade_date == date(2025, 6, 21)


def test_the_exchange_a_contract_is_stored_under_outranks_the_first_of_the_list() -> None:
    venues = {"valid_exchanges": "SMART,CME", "market_rule_ids": ""}
    rows = [
        dataclasses.replace(CHAIN[0], exchange=exchange, **venues)  # type: ignore[arg-type]
        for exchange in ("SMART", "CME")
    ]
    request = ContractRequest(symbol="ES")
    stored = read(CHAIN[0]).product
    assert read(*rows, request=request, stored=stored).product.exchange == "CME"
    assert read(*rows, request=request).product.exchange == "SMART"


def test_of_dates_that_contradict_each_other_the_stored_one_is_kept() -> None:
    row = received(CHAIN[1])
    row.details.contract.lastTradeDate = "20251018"
    acquired = read(row)
    assert contract_of(acquired, 702).last_trade_date == date(2025, 9, 19)
    moved = dataclasses.replace(
        contract_of(acquired, 702), last_trade_date=date(2025, 10, 18), last_trade_at=None
    )
    stored = dataclasses.replace(acquired.product, contracts=(moved,))
    again = read(row, stored=stored)
    contract = contract_of(again, 702)
    assert (contract.last_trade_date, contract.last_trade_at) == (date(2025, 10, 18), None)
    for future in (acquired, again):
        assert [remark.kind for _, remark in remarks_of(future)] == [RemarkKind.DATES_DISAGREE]
