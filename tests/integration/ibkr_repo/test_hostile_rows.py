"""What a row says is believed only as far as it can be right."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from fakes.futures import InMemoryFutureRepository
from fakes.gateway_rig import CRUDE_OIL, ES, NASDAQ, RepositoryOf, Serve, bring_up_to_date
from fakes.recordings import contract_row
from gateway import faults
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate

Local = InMemoryFutureRepository[Future]
Value = str | bytes


def replaced(field: str, *values: Value) -> list[faults.ReplacedField]:
    """One fault per value, each striking at one request, in turn, in every row."""
    return [
        faults.ReplacedField(row=None, field=field, value=value, skip=number, first=1)
        for number, value in enumerate(values)
    ]


def contracts_of(outcome: FutureUpdate[Future] | FutureFailure) -> tuple[FuturesContract, ...]:
    assert isinstance(outcome, FutureUpdate), outcome
    return outcome.product.contracts


def complaint_of(outcome: FutureUpdate[Future] | FutureFailure) -> InvalidReplyError:
    assert isinstance(outcome, FutureFailure), outcome
    assert isinstance(outcome.error, InvalidReplyError)
    return outcome.error


HOSTILE_NAMES: list[tuple[Value, str | None]] = [
    ("E-mini S&P 500\\", "E-mini S&P 500\\"),
    ("\\x", "\\x"),
    ("\\u001b[2J\\u0007Boo", "[2JBoo"),
    ("\x1b]0;title\x07Boo", "]0;titleBoo"),
    ("Soci\\u00e9t\\u00e9", "Société"),
    ("Société".encode(), "Société"),
    ("Société".encode("latin-1"), "Soci\ufffdt\ufffd"),
    ("恒生指数".encode("gbk"), None),
    ("\\ud83d\\ude80", "\U0001f680"),
    ("\\ud83d", "\ufffd"),
    ("abc\\u202efdp.exe", "abcfdp.exe"),
    ("abc\u202efdp.exe", "abcfdp.exe"),
    ("x" * 1_000_000, "x" * 512),
    ("[bold]'; DROP TABLE contract; --", "[bold]'; DROP TABLE contract; --"),
]


@pytest.mark.text_protocol
def test_no_name_ends_the_session_or_is_stored_with_a_harmful_character(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    replay = serve(*replaced("long_name", *(name for name, _ in HOSTILE_NAMES)))
    repository = repository_of(replay)
    for _, expected in HOSTILE_NAMES:
        contracts = contracts_of(bring_up_to_date(repository, "ES")["ES"])
        (name,) = {contract.long_name for contract in contracts}
        assert name is not None
        assert name.isprintable()
        assert expected is None or name == expected
        local.products.clear()
    assert replay.connections == 1


def test_missing_names_are_missing(serve: Serve, repository_of: RepositoryOf) -> None:
    replay = serve(*replaced("long_name", "", "\\u0000\\u200f "))
    repository = repository_of(replay)
    for _ in range(2):
        contracts = contracts_of(bring_up_to_date(repository, "ES")["ES"])
        assert {contract.long_name for contract in contracts} == {None}


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("con_id", ["0", "-1", "", str(2**31), str(2**63), "9" * 5000, "abc"]),
        ("sec_type", ["OPT", "STK", "CONTFUT", ""]),
        ("symbol", ["NQ", "", "es"]),
        ("exchange", [""]),
        ("currency", ["", "\x1b"]),
        ("local_symbol", ["", "\x1b"]),
        ("trading_class", [""]),
        pytest.param("agg_group", ["x"], marks=pytest.mark.text_protocol),
        pytest.param("sec_id_list", ["0", "2", "999999999", "x"], marks=pytest.mark.text_protocol),
    ],
)
def test_rows_of_which_none_can_be_identified_or_stored_fail_their_product_alone(
    serve: Serve, repository_of: RepositoryOf, local: Local, field: str, values: list[str]
) -> None:
    replay = serve(*replaced(field, *values))
    repository = repository_of(replay)
    for value in values:
        error = complaint_of(bring_up_to_date(repository, "ES")["ES"])
        assert len(str(error)) < 500, value
        assert not local.products, value
    assert contracts_of(bring_up_to_date(repository, "ES")["ES"]) == ES.contracts
    assert replay.connections == 1


def test_a_complete_reply_that_is_refused_is_handed_over_as_no_evidence(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    """All of it: the rows on the exchange, those on a route, and the end marker."""
    repository = repository_of(serve(faults.ReplacedField(row=1, field="symbol", value="NQ")))
    complaint_of(bring_up_to_date(repository, "ES")["ES"])
    (refused,) = local.refused
    assert (refused.symbol, len(refused.frames)) == ("ES", 2 * len(ES.contracts) + 1)
    assert not local.replies


ODD_VALUES: list[tuple[str, str, list[str]]] = [
    ("price_magnifier", "price_magnifier", ["-1", "1000001"]),
    ("under_con_id", "underlying_con_id", ["-5"]),
    ("contract_month", "contract_month", ["202613", "2026", "2026-12-01"]),
    (
        "real_expiration_date",
        "real_expiration_date",
        ["20261301", "99999999", "2026-12-18", "00000000", "soon"],
    ),
    ("agg_group", "aggregated_group", ["-2"]),
    ("multiplier", "multiplier", ["nan", "inf", "-50", "0", "1e15"]),
    ("min_tick", "min_tick", ["0", "-0.25", "1e-13", "0.1234567890123"]),
    ("ev_multiplier", "economic_value_multiplier", ["NaN"]),
]
ODD_VALUES_OF_TEXT: list[tuple[str, str, list[str]]] = [
    ("price_magnifier", "price_magnifier", ["x"]),
    ("under_con_id", "underlying_con_id", [str(2**31), "x"]),
    ("agg_group", "aggregated_group", [str(2**31), str(2**63)]),
    ("multiplier", "multiplier", ["fifty", "0x10", "1_000", "\u0665"]),
    ("min_tick", "min_tick", ["nan", "-inf", "x"]),
    ("ev_multiplier", "economic_value_multiplier", ["one"]),
    ("contract_month", "contract_month", ["x" * 100_000]),
]


@pytest.mark.parametrize(
    "odd",
    [
        *ODD_VALUES,
        *(pytest.param(pair, marks=pytest.mark.text_protocol) for pair in ODD_VALUES_OF_TEXT),
    ],
)
def test_an_impossible_value_is_no_value_and_reported(
    serve: Serve, repository_of: RepositoryOf, local: Local, odd: tuple[str, str, list[str]]
) -> None:
    sent, field, values = odd
    replay = serve(*replaced(sent, *values))
    repository = repository_of(replay)
    for value in values:
        outcome = bring_up_to_date(repository, "ES")["ES"]
        contracts = contracts_of(outcome)
        assert {getattr(contract, field) for contract in contracts} == {None}, value
        assert isinstance(outcome, FutureUpdate)
        (remark,) = outcome.remarks
        assert remark.startswith(f"{ES.contracts[0].local_symbol} and 3 more: {field} "), value
        assert len(remark) < 500
        local.products.clear()
    assert contracts_of(bring_up_to_date(repository, "ES")["ES"]) == ES.contracts
    assert replay.connections == 1


@pytest.mark.parametrize("rules", ["67", "67,67,67", "67,x", "67,-1", f"67,{2**31}"])
def test_ladders_that_can_t_be_distinguished_are_unknown_and_reported(
    serve: Serve, repository_of: RepositoryOf, rules: str
) -> None:
    outcome = bring_up_to_date(repository_of(serve(*replaced("market_rule_ids", rules))), "ES")[
        "ES"
    ]
    venues = {venue for contract in contracts_of(outcome) for venue in contract.venues}
    assert {venue.market_rule_id for venue in venues} == {None}
    assert {venue.exchange for venue in venues} == {"CME", "QBALGO"}
    assert isinstance(outcome, FutureUpdate)
    assert "market_rule_ids" in outcome.remarks[0]


@pytest.mark.parametrize(
    ("field", "attribute"), [("order_types", "order_types"), ("valid_exchanges", "venues")]
)
def test_a_list_longer_than_any_is_no_list_and_reported(
    serve: Serve, repository_of: RepositoryOf, field: str, attribute: str
) -> None:
    endless = ",".join(f"X{number}" for number in range(129))
    outcome = bring_up_to_date(repository_of(serve(*replaced(field, endless))), "ES")["ES"]
    assert {getattr(contract, attribute) for contract in contracts_of(outcome)} == {()}
    assert isinstance(outcome, FutureUpdate)
    assert "more than 128 of them" in outcome.remarks[0]


@pytest.mark.text_protocol
def test_what_says_nothing_of_a_future_harms_nothing(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    repository = repository_of(
        serve(*replaced("strike", "x"), *replaced("md_size_multiplier", "x"))
    )
    assert contracts_of(bring_up_to_date(repository, "ES")["ES"]) == ES.contracts


READINGS_OF_TEXT: list[tuple[str, str, str, object]] = [
    ("multiplier", "multiplier", "1e400", None),
    ("multiplier", "multiplier", str(2**127 - 1), None),
    ("min_tick", "min_tick", "", None),
]
READINGS: list[tuple[str, str, str, object]] = [
    ("multiplier", "multiplier", "", None),
    ("multiplier", "multiplier", "2147483647", None),
    ("multiplier", "multiplier", "1.7976931348623157E308", None),
    ("multiplier", "multiplier", "101.7313", Decimal("101.7313")),
    ("multiplier", "multiplier", "12500000", Decimal(12500000)),
    ("min_tick", "min_tick", "1.7976931348623157E308", None),
    ("min_tick", "min_tick", "5.0E-7", Decimal("0.0000005")),
    ("ev_multiplier", "economic_value_multiplier", "", None),
    ("ev_multiplier", "economic_value_multiplier", "0", None),
    ("ev_multiplier", "economic_value_multiplier", "0.5", Decimal("0.5")),
    ("price_magnifier", "price_magnifier", "0", None),
    ("price_magnifier", "price_magnifier", "100", 100),
    ("under_con_id", "underlying_con_id", "0", None),
    ("agg_group", "aggregated_group", "-1", None),
    ("agg_group", "aggregated_group", "2147483647", None),
    ("agg_group", "aggregated_group", "4", 4),
    ("under_symbol", "underlying_symbol", "", None),
    ("contract_month", "contract_month", "", None),
    ("real_expiration_date", "real_expiration_date", "", None),
    ("time_zone_id", "time_zone", "", None),
    ("time_zone_id", "time_zone", "Middle/Earth", None),
    ("time_zone_id", "time_zone", "../../etc/passwd", None),
    ("time_zone_id", "time_zone", "US/Central", "America/Chicago"),
]


@pytest.mark.parametrize(
    "reading",
    [
        *READINGS,
        *(pytest.param(pair, marks=pytest.mark.text_protocol) for pair in READINGS_OF_TEXT),
    ],
    ids=lambda reading: f"{reading[0]} {reading[2]!r}",
)
def test_a_value_is_read_exactly_and_a_placeholder_is_missing(
    serve: Serve, repository_of: RepositoryOf, reading: tuple[str, str, str, object]
) -> None:
    field, attribute, value, expected = reading
    repository = repository_of(serve(*replaced(field, value)))
    contracts = contracts_of(bring_up_to_date(repository, "ES")["ES"])
    assert {getattr(contract, attribute) for contract in contracts} == {expected}


def test_an_unknown_time_zone_is_reported(
    serve: Serve, repository_of: RepositoryOf, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        bring_up_to_date(repository_of(serve(*replaced("time_zone_id", "Middle/Earth"))), "ES")
    assert "time_zone 'Middle/Earth': unknown time zone" in caplog.text


LAST_TRADES: list[tuple[str, str, date, datetime | None]] = [
    (
        "20261218 19:30 Etc/GMT-5",  # that is five hours east of Greenwich
        "20261218",
        date(2026, 12, 18),
        datetime(2026, 12, 18, 14, 30, tzinfo=UTC),
    ),
    (
        "20261219 04:00:00 Asia/Shanghai",
        "20261218",
        date(2026, 12, 18),
        datetime(2026, 12, 18, 20, tzinfo=UTC),
    ),
    ("20261218 04:00:00 Middle/Earth", "20261219", date(2026, 12, 18), None),
    ("20261218 08:30", "20261218", date(2026, 12, 18), None),
    ("20261218", "", date(2026, 12, 18), None),
    (
        "20261218-14:30:00",
        "",
        date(2026, 12, 18),
        datetime(2026, 12, 18, 14, 30, tzinfo=UTC),
    ),
]


def test_the_last_trade_date_is_the_exchange_s_under_any_login_time_zone(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    replay = serve(
        *replaced("last_trade_date_or_contract_month", *(text for text, *_ in LAST_TRADES)),
        *replaced("real_expiration_date", *(real for _, real, *_ in LAST_TRADES)),
    )
    repository = repository_of(replay)
    for text, _, day, instant in LAST_TRADES:
        contracts = contracts_of(bring_up_to_date(repository, "ES")["ES"])
        assert {contract.last_trade_date for contract in contracts} == {day}, text
        assert {contract.last_trade_at for contract in contracts} == {instant}, text
        local.products.clear()


NO_DATES = [
    *("", "202612", "2026-12-18", "99999999", "20261318", "NOEXP", "0", "20261218 24:00 GB"),
    *("20261218 GB", "20261218 25:00 GB", "20261218-", "2026121808:30", "20261218-08:30 GB"),
]


def test_a_last_trade_date_that_cannot_be_trusted_fails_its_product(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    values = [*NO_DATES, "20261218 " + "x" * 100_000]
    repository = repository_of(serve(*replaced("last_trade_date_or_contract_month", *values)))
    for value in values:
        error = complaint_of(bring_up_to_date(repository, "ES")["ES"])
        assert error.field == "last_trade_date", value
    assert not local.products


def test_a_row_that_comes_twice_is_one_contract(serve: Serve, repository_of: RepositoryOf) -> None:
    replay = serve(faults.DuplicatedRow(row=0), faults.DuplicatedRow(row=3))
    assert contracts_of(bring_up_to_date(repository_of(replay), "ES")["ES"]) == ES.contracts


@pytest.mark.parametrize(
    ("field", "value", "is_needed"),
    [
        ("local_symbol", "ESXX", True),
        ("multiplier", "5", False),
        ("trading_class", "MES", True),
        ("min_tick", "1", False),
    ],
)
def test_rows_of_one_contract_that_differ_are_reported_and_harm_no_other(
    serve: Serve, repository_of: RepositoryOf, *, field: str, value: str, is_needed: bool
) -> None:
    replay = serve(
        faults.DuplicatedRow(row=0), faults.ReplacedField(row=1, field=field, value=value)
    )
    outcome = bring_up_to_date(repository_of(replay), "ES")["ES"]
    assert isinstance(outcome, FutureUpdate)
    (remark,) = outcome.remarks
    assert "rows of one conId conflict" in remark
    assert (len(outcome.left_out), len(contracts_of(outcome))) == ((1, 3) if is_needed else (0, 4))
    odd = [contract for contract in contracts_of(outcome) if contract not in ES.contracts]
    assert [getattr(contract, field) for contract in odd] == ([] if is_needed else [None])


def test_rows_of_one_contract_may_differ_in_their_hours(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    replay = serve(
        faults.DuplicatedRow(row=0),
        faults.ReplacedField(row=1, field="trading_hours", value="20261124:CLOSED"),
    )
    assert contracts_of(bring_up_to_date(repository_of(replay), "ES")["ES"]) == ES.contracts


@pytest.mark.parametrize("stranger", [NASDAQ, CRUDE_OIL])
def test_a_row_of_another_product_fails_the_reply(
    serve: Serve, repository_of: RepositoryOf, local: Local, stranger: Future
) -> None:
    row = contract_row(stranger.contracts[0])
    replay = serve(faults.ForeignRows(rows=(row,), before_row=2, symbol="ES"))
    error = complaint_of(bring_up_to_date(repository_of(replay), "ES")["ES"])
    assert error.field == "symbol"
    assert not local.products


def test_a_row_of_another_exchange_fails_the_reply(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    row = dataclasses.replace(
        contract_row(ES.contracts[0]),
        con_id="313497189",
        exchange="ONE",
        valid_exchanges="ONE",
        market_rule_ids="",
    )
    replay = serve(faults.ForeignRows(rows=(row,), before_row=2))
    outcome = bring_up_to_date(repository_of(replay), "ES", exchange="CME")["ES"]
    error = complaint_of(outcome)
    assert (error.field, error.value) == ("exchange", "ONE")
    assert not local.products
