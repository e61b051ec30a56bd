"""The bundled delivery rules, against every date in tests/data/published_dates.csv."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import delivery_rules_page
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.catalogue.delivery_rules import load_delivery_rules
from ibkr_sync.catalogue.exchanges import exchange_facts
from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.delivery.delivery_dates import delivery_of
from ibkr_sync.domain.delivery.ruled_dates import ruled_last_trade_date
from ibkr_sync.domain.entities.contracts import ContractMonth, FuturesContract
from ibkr_sync.domain.entities.delivery import (
    STANDARD_POLICY,
    Confidence,
    DeliveryDates,
    Settlement,
)
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from one_case import one_case

CALENDAR = HolidayCalendar()
TODAY = date(2026, 12, 1)
PUBLISHED = list(
    csv.DictReader(
        (Path(__file__).parents[2] / "data" / "published_dates.csv").read_text("utf-8").splitlines()
    )
)


def contract_of(exchange: str, trading_class: str, month: str, last_trade: str) -> FuturesContract:
    return FuturesContract(
        con_id=1,
        symbol=trading_class,
        exchange=exchange,
        trading_class=trading_class,
        currency="USD",
        local_symbol=f"{trading_class} {month}",
        contract_month=ContractMonth.parse(month),
        last_trade_date=date.fromisoformat(last_trade),
    )


def delivery(exchange: str, trading_class: str, month: str, last_trade: str) -> DeliveryDates:
    rule = load_delivery_rules().rule_of(exchange, trading_class)
    assert rule is not None
    days = None if rule.calendar is None else BusinessDays(CALENDAR, rule.calendar)
    return delivery_of(contract_of(exchange, trading_class, month, last_trade), rule, days, TODAY)


@one_case("row", PUBLISHED)
def test_every_date_that_an_exchange_published_comes_out(row: dict[str, str]) -> None:
    exchange, code, month = row["exchange"], row["exchange_code"], row["contract_month"]
    rule = load_delivery_rules().rule_of(exchange, code)
    assert rule is not None
    assert rule.calendar is not None
    days = BusinessDays(CALENDAR, rule.calendar)
    ruled = ruled_last_trade_date(rule, days, ContractMonth.parse(month))
    assert str(ruled) == row["last_trade_date"]
    known = delivery(exchange, code, month, row["last_trade_date"])
    names = [name for name in row if name.endswith("_date") and name != "last_trade_date"]
    published = {name: row[name] for name in names if row[name]}
    assert {name: str(getattr(known, name)) for name in published} == published
    assert {known.confidence(name) for name in published} == {Confidence.A}


@one_case(
    ("exchange", "trading_class", "month", "last_trade", "cutoffs"),
    [
        ("COMEX", "GC", "202612", "2026-12-29", "2026-11-25 2026-12-24"),  # Thanksgiving
        ("CBOT", "ZC", "202612", "2026-12-14", "2026-11-25 2026-12-10"),
        ("NYMEX", "CL", "202701", "2026-12-21", "2026-12-17 2026-12-17"),  # notice comes later
        ("CBOT", "ZN", "202612", "2026-12-21", "2026-11-27 2026-12-17"),  # longs a day before
        ("CBOT", "ZF", "202612", "2026-12-31", "2026-11-27 2026-12-29"),
        ("CBOT", "ZT", "202612", "2026-12-31", "2026-11-24 2026-12-29"),  # by first position
        ("OSE.JPN", "JBL", "202409", "2024-09-12", "2024-09-10 2024-09-10"),
        ("EUREX", "FGBL", "202612", "2026-12-08", "2026-12-04 2026-12-04"),
        ("CME", "6E", "202612", "2026-12-14", "2026-12-10 2026-12-10"),
        ("NYMEX", "MCL", "202701", "2026-12-18", "2026-12-16 2026-12-16"),  # oil in cash too
    ],
)
def test_the_standard_policy_closes_out_before_notice_and_last_trade(
    exchange: str,
    trading_class: str,
    month: str,
    last_trade: str,
    cutoffs: str,
) -> None:
    known = delivery(exchange, trading_class, month, last_trade)
    assert f"{known.long_cutoff} {known.short_cutoff}" == cutoffs
    assert known.sources["long_cutoff"].source == STANDARD_POLICY


@one_case(
    ("exchange", "trading_class", "month", "last_trade", "cutoff"),
    [
        ("CME", "LE", "202612", "2026-12-31", "2026-12-29"),
        ("CME", "LBR", "202701", "2027-01-15", "2027-01-13"),
        ("IPE", "GOIL", "202612", "2026-12-10", "2026-12-08"),
    ],
)
def test_without_a_notice_date_longs_are_cut_off_by_the_last_trade_at_the_latest(
    exchange: str, trading_class: str, month: str, last_trade: str, cutoff: str
) -> None:
    known = delivery(exchange, trading_class, month, last_trade)
    assert "first_notice_date" not in known.sources
    assert (str(known.long_cutoff), str(known.short_cutoff)) == (cutoff, cutoff)
    assert known.confidence("long_cutoff") is Confidence.C
    assert known.confidence("short_cutoff") is Confidence.B


@one_case(
    ("exchange", "trading_class", "month", "last_trade", "first_notice"),
    [
        ("NYBOT", "CT", "202512", "2025-12-08", "2025-11-21"),
        ("NYBOT", "KC", "202612", "2026-12-18", "2026-11-19"),
        ("NYBOT", "SB", "202703", "2027-02-26", "2027-03-01"),
        ("CBOT", "ZN", "202612", "2026-12-21", "2026-11-30"),
    ],
)
def test_notice_of_general_knowledge_is_marked_so(
    exchange: str, trading_class: str, month: str, last_trade: str, first_notice: str
) -> None:
    known = delivery(exchange, trading_class, month, last_trade)
    assert str(known.first_notice_date) == first_notice
    assert known.confidence("first_notice_date") in (Confidence.B, Confidence.C)
    assert known.confidence("long_cutoff") == known.confidence("first_notice_date")


@one_case(
    ("trading_class", "last_trade", "expected"),
    [
        ("GC", "2026-12-28", "2026-11-27 2026-11-30 2026-11-25 2026-12-23"),
        ("GC", "2026-11-27", "2026-11-27 2026-11-30 2026-11-24 2026-11-24"),  # before notice
        ("HG", "2026-12-30", "2026-11-27 2026-11-30 2026-11-25 2026-12-28"),
    ],
)
def test_a_rule_that_ibkr_contradicts_is_only_reason_to_pass_over(
    trading_class: str, last_trade: str, expected: str
) -> None:
    known = delivery("COMEX", trading_class, "202612", last_trade)
    dates = (known.first_position_date, known.first_notice_date)
    assert " ".join(map(str, (*dates, known.long_cutoff, known.short_cutoff))) == expected
    assert known.first_delivery_date is None
    assert known.is_rule_contradicted
    assert known.confidence("first_notice_date") is Confidence.C
    assert known.confidence("long_cutoff") is Confidence.C
    assert known.confidence("short_cutoff") is Confidence.B


def test_of_a_product_in_cash_it_is_known_that_no_notice_is_given() -> None:
    rule = load_delivery_rules().rule_of("CME", "ES", "index")
    assert rule is not None
    known = delivery_of(contract_of("CME", "ES", "202612", "2026-12-18"), rule, None, TODAY)
    assert (known.settlement, known.first_notice_date) == (Settlement.CASH, None)


def test_every_rule_names_products_of_the_catalogue_and_a_calendar_that_there_is() -> None:
    names = {
        (product.exchange, name)
        for product in load_catalogue().products
        for name in (product.symbol, product.trading_class, product.exchange_code)
    }
    for rule in load_delivery_rules().rules:
        assert bool(rule.trading_classes) != bool(rule.categories)
        assert rule.dates or rule.settlement is Settlement.PHYSICAL
        if rule.calendar is not None:
            CALENDAR.is_business_day(rule.checked_on, rule.calendar)
        if rule.trading_classes:
            assert any((rule.exchange, name) in names for name in rule.trading_classes)


def test_the_page_of_the_docs_is_what_the_rules_say() -> None:
    assert delivery_rules_page.PAGE.read_text("utf-8") == delivery_rules_page.page(), "make docs"


def test_every_exchange_of_the_catalogue_is_known_by_its_mic_and_keeps_a_calendar() -> None:
    traded_on = {product.exchange for product in load_catalogue().products if product.active}
    assert traded_on <= exchange_facts().keys()
    for facts in exchange_facts().values():
        assert len(facts.mic) == 4
        if facts.calendar is not None:
            CALENDAR.is_business_day(date(2026, 12, 1), facts.calendar)
