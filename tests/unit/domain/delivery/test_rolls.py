"""When a position moves from contract to contract."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.catalogue.delivery_rules import load_delivery_rules
from ibkr_sync.domain.delivery.delivery_book import DeliveryBook
from ibkr_sync.domain.delivery.hold_limits import StandInReason
from ibkr_sync.domain.delivery.rolls import Roll, RollBasis, parse_roll_rule, rolls_of
from ibkr_sync.domain.delivery.ruled_dates import ruled_last_trade_date
from ibkr_sync.domain.entities.contracts import ContractListing, ContractMonth, FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import AmbiguousContractError
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from one_case import one_case

BOOK = DeliveryBook(load_delivery_rules(), {}, HolidayCalendar())
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
STORED = datetime(2026, 10, 1, 12, tzinfo=UTC)


def chain(exchange: str, trading_class: str, *months: str) -> Future:
    product = Future(
        symbol=trading_class, exchange=exchange, trading_class=trading_class, currency="USD"
    )
    rule = BOOK.rule_of(product)
    assert rule is not None
    days = BOOK.business_days(product)
    contracts = []
    for con_id, text in enumerate(months, start=1):
        month = ContractMonth.parse(text)
        end = ruled_last_trade_date(rule, days, month)
        assert end is not None
        contracts.append(
            FuturesContract(
                con_id=con_id,
                symbol=trading_class,
                exchange=exchange,
                trading_class=trading_class,
                currency="USD",
                local_symbol=f"{trading_class}{text}",
                contract_month=month,
                last_trade_date=end,
                listing=ContractListing(first_seen_at=STORED, last_seen_at=STORED),
            )
        )
    product = dataclasses.replace(product, contracts=tuple(contracts))
    return BOOK.dated(product, NOW.date())


GOLD = chain("COMEX", "GC", "202608", "202610", "202612", "202702", "202704")
OIL = chain("NYMEX", "CL", "202612", "202701", "202702")
CATTLE = dataclasses.replace(chain("CME", "LE", "202612", "202702"), contracts=())


def rolled(product: Future, rule: str, months: frozenset[int] | None = None) -> list[Roll]:
    days = BOOK.business_days(product)
    return list(rolls_of(product, parse_roll_rule(rule), days, NOW, months))


PAST_CUTOFF = "kept past IBKR's cut-off 2026-11-25 (IBKR's standard policy, B)"
PAST_NOTICE = "kept past first notice 2026-11-30 (rule: last bd of m-1 (COMEX gold and silver), A)"


@one_case(
    ("rule", "expected"),
    [
        ("notice-3bd", "2026-11-24 3 business days before first notice 2026-11-30"),
        ("notice-5", "2026-11-25 5 days before first notice 2026-11-30"),
        ("cutoff-1bd", "2026-11-24 1 business day before IBKR's cut-off 2026-11-25"),
        ("last-trade-25bd", "2026-11-20 25 business days before last trade 2026-12-29"),
        (
            "day-15",
            f"2026-12-15 last business day on or before day 15; {PAST_CUTOFF}; {PAST_NOTICE}",
        ),
        (
            "day-31",
            f"2026-11-30 last business day on or before day 31; {PAST_CUTOFF}; {PAST_NOTICE}",
        ),
        ("notice-1bd", f"2026-11-27 1 business day before first notice 2026-11-30; {PAST_CUTOFF}"),
    ],
)
def test_a_contract_is_left_on_the_day_of_the_rule(rule: str, expected: str) -> None:
    (roll,) = (other for other in rolled(GOLD, rule) if other.leaving.local_symbol == "GC202612")
    assert f"{roll.day} {roll.why}" == expected
    assert roll.entering.local_symbol == "GC202702"


def test_only_months_that_are_wanted_are_entered() -> None:
    pairs = [
        (roll.leaving.local_symbol, roll.entering.local_symbol)
        for roll in rolled(GOLD, "notice-1", frozenset({8, 12, 4}))
    ]
    assert pairs == [("GC202608", "GC202612"), ("GC202612", "GC202704")]


def test_notice_after_the_last_trade_is_no_reason_to_stay_longer() -> None:
    first = rolled(OIL, "notice-0")[0]
    assert first.day == OIL.contracts[0].last_trade_date
    assert first.source == "IBKR"
    assert first.why == (
        "0 days before last trade 2026-11-20, in place of first notice, which comes later"
        " (2026-11-24); kept past IBKR's cut-off 2026-11-18 (IBKR's standard policy, B)"
    )


def test_where_no_notice_date_is_known_the_last_trade_stands_in_and_says_so() -> None:
    cattle = chain("CME", "LE", "202612", "202702")
    (roll,) = rolled(cattle, "notice-2bd")
    assert roll.day == date(2026, 12, 29)
    assert roll.why.endswith("in place of first notice, which is not known")


def test_what_has_no_notice_says_so() -> None:
    (roll,) = rolled(chain("CME", "6E", "202612", "202703"), "notice-2bd")
    assert roll.why.endswith("before last trade 2026-12-14, in place of first notice: 6E has none")
    assert roll.stand_in is not None
    assert roll.stand_in.reason is StandInReason.NONE


def test_the_past_says_whether_it_was_known_then() -> None:
    basis = {roll.leaving.local_symbol: roll.basis for roll in rolled(GOLD, "cutoff-1bd")}
    assert basis == {
        "GC202608": RollBasis.HINDSIGHT,
        "GC202610": RollBasis.HINDSIGHT,
        "GC202612": RollBasis.HISTORY,
        "GC202702": RollBasis.LISTED,
    }


@given(
    st.sampled_from(["notice", "last-trade", "cutoff"]),
    st.integers(0, 30),
    st.sampled_from(["", "d", "bd"]),
    st.sampled_from([GOLD, OIL]),
)
def test_rolls_are_in_order_and_no_later_than_the_last_trade(
    by: str, count: int, unit: str, product: Future
) -> None:
    found = rolled(product, f"{by}-{count}{unit}")
    days = [roll.day for roll in found]
    assert days == sorted(days)
    for roll in found:
        assert roll.day <= roll.leaving.last_trade_date < roll.entering.last_trade_date
        known = roll.leaving.delivery
        assert known is not None
        ends = (known.long_cutoff, known.first_notice_date)
        is_late = any(end is not None and roll.day > end for end in ends)
        assert not is_late or roll.outlasted


@one_case("text", ["", "front", "notice", "notice-3w", "day-0", "day-32", "volume-1"])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no rule"):
        parse_roll_rule(text)


def test_nothing_rolls_into_another_size() -> None:
    first, *rest = GOLD.contracts
    mini = dataclasses.replace(first, con_id=99, multiplier=Decimal(10))
    both = dataclasses.replace(GOLD, contracts=(first, mini, *rest))
    with pytest.raises(AmbiguousContractError) as caught:
        rolled(both, "notice-1bd")
    assert set(caught.value.contracts) == {first, mini}
