"""What is known of a contract's delivery, by rank of who says it."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.catalogue.delivery_rules import load_delivery_rules
from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.delivery.delivery_dates import (
    delivery_of,
    first_known_delivery,
    imports_of_contract,
    refuted_imports_of_contract,
)
from ibkr_sync.domain.delivery.delivery_rules import DeliveryRule
from ibkr_sync.domain.delivery.ruled_dates import ruled_last_trade_date
from ibkr_sync.domain.entities.contracts import ContractMonth, ContractSeries, FuturesContract
from ibkr_sync.domain.entities.delivery import (
    DELIVERY_DATES,
    DELIVERY_FACTS,
    Confidence,
    DeliveryDates,
    DeliverySource,
    Settlement,
)
from ibkr_sync.domain.entities.import_origin import ImportOrigin
from ibkr_sync.domain.entities.imported_delivery import ImportedDelivery, ImportedRow
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from one_case import one_case

CALENDAR = HolidayCalendar()
TODAY = date(2026, 12, 1)
RULES = load_delivery_rules().rules
GOLD = next(rule for rule in RULES if "GC" in rule.trading_classes)
DAYS = BusinessDays(CALENDAR, "us")

ruled = st.sampled_from([rule for rule in RULES if "last_trade_date" in rule.dates])
months = st.builds(ContractMonth, st.integers(2018, 2040), st.integers(1, 12))


def contract_of(
    rule: DeliveryRule, month: ContractMonth, series: ContractSeries = ContractSeries.MONTHLY
) -> FuturesContract:
    assert rule.calendar is not None
    end = ruled_last_trade_date(rule, BusinessDays(CALENDAR, rule.calendar), month)
    assert end is not None
    return FuturesContract(
        con_id=1,
        symbol="X",
        exchange=rule.exchange,
        trading_class=min(rule.trading_classes),
        currency="USD",
        local_symbol="XZ6",
        contract_month=month,
        last_trade_date=end,
        series=series,
    )


def known_of(rule: DeliveryRule, month: ContractMonth, *imported: DeliveryDates) -> DeliveryDates:
    assert rule.calendar is not None
    days = BusinessDays(CALENDAR, rule.calendar)
    return delivery_of(contract_of(rule, month), rule, days, TODAY, imported)


def said(source: str, name: str, day: date | None) -> DeliveryDates:
    by = DeliverySource(source=source, confidence=Confidence.A, learnt_on=date(2026, 11, 1))
    return DeliveryDates(**{name: day}, sources={name: by})  # type: ignore[arg-type]


@given(ruled, months)
def test_dates_come_in_the_order_in_which_a_delivery_goes(
    rule: DeliveryRule, month: ContractMonth
) -> None:
    known, end = known_of(rule, month), contract_of(rule, month).last_trade_date
    notice = known.first_notice_date
    if notice is not None:
        assert (known.first_position_date or notice) <= notice
        assert notice <= (known.last_delivery_date or notice)
    assert (known.first_delivery_date or end) <= (known.last_delivery_date or date.max)
    assert (known.long_cutoff or date.min) < min(notice or end, end)
    assert (known.short_cutoff or date.min) < end


@given(ruled, months)
def test_a_later_month_is_delivered_later(rule: DeliveryRule, month: ContractMonth) -> None:
    later = ContractMonth(month.year + month.month // 12, month.month % 12 + 1)
    earlier_dates, later_dates = known_of(rule, month), known_of(rule, later)
    for name in DELIVERY_DATES:
        first, second = getattr(earlier_dates, name), getattr(later_dates, name)
        assert (first is None) == (second is None)
        assert first is None or first < second


@given(ruled, months)
def test_whatever_is_known_has_a_source_and_is_as_sure_as_what_it_follows_from(
    rule: DeliveryRule, month: ContractMonth
) -> None:
    known = known_of(rule, month)
    for name in DELIVERY_FACTS:
        assert getattr(known, name) is None or name in known.sources
    if rule.close_out is not None and "first_notice_date" in known.sources:
        assert known.confidence("long_cutoff") == max(
            Confidence.B, known.sources["first_notice_date"].confidence
        )


def test_an_import_outranks_a_rule_and_the_cut_off_follows_from_it() -> None:
    month = ContractMonth(2026, 12)
    notice = said("CME calendar", "first_notice_date", date(2026, 11, 25))
    known = known_of(GOLD, month, notice)
    assert known.first_notice_date == date(2026, 11, 25)
    assert known.sources["first_notice_date"].source == "CME calendar"
    assert known.long_cutoff == date(2026, 11, 23)
    assert known.first_position_date == known_of(GOLD, month).first_position_date
    cutoff = said("IBKR", "long_cutoff", date(2026, 11, 20))
    assert known_of(GOLD, month, cutoff, notice).long_cutoff == date(2026, 11, 20)


def test_the_first_who_says_a_fact_is_believed_though_he_says_that_it_is_not() -> None:
    first = said("IBKR", "first_notice_date", None)
    second = said("CME", "first_notice_date", date(2026, 11, 25))
    assert first_known_delivery((first, second)) == first
    assert first_known_delivery((DeliveryDates(), second)) == second


@given(ruled, months, st.dates(date(2020, 1, 1), date(2040, 12, 31)))
def test_dates_that_ibkr_refutes_never_take_the_place_of_a_rules(
    rule: DeliveryRule, month: ContractMonth, notice: date
) -> None:
    assert rule.calendar is not None
    contract, days = contract_of(rule, month), BusinessDays(CALENDAR, rule.calendar)
    refuted = refuted_imports_of_contract(contract, [slipped_import(contract, notice)])
    known = delivery_of(contract, rule, days, TODAY, refuted=refuted)
    by_rule = known_of(rule, month)
    for name in by_rule.sources:
        assert (getattr(known, name), known.sources[name]) == (
            getattr(by_rule, name),
            by_rule.sources[name],
        )
    for name in known.sources.keys() - by_rule.sources.keys():
        assert known.confidence(name) is Confidence.C


def test_dates_that_ibkr_refutes_pass_over_where_nothing_else_is_known() -> None:
    contract = contract_of(GOLD, ContractMonth(2026, 12))
    imports = [slipped_import(contract, date(2026, 12, 1))]
    assert imports_of_contract(contract, imports) == []
    refuted = refuted_imports_of_contract(contract, imports)
    known = delivery_of(contract, None, None, TODAY, refuted=refuted)
    assert known.first_notice_date == date(2026, 12, 1)
    assert known.confidence("first_notice_date") is Confidence.C


def slipped_import(contract: FuturesContract, notice: date) -> ImportedDelivery:
    row = ImportedRow(
        origin=ImportOrigin.EXCHANGE,
        source="import: CME product calendar",
        con_id=contract.con_id,
        last_trade_date=contract.last_trade_date + timedelta(days=1),
        dates={"first_notice_date": notice},
    )
    return row.on_product(None, None, date(2026, 11, 1))


def test_a_weekly_contract_is_delivered_as_its_product_is_but_by_no_rule_of_months() -> None:
    weekly = contract_of(GOLD, ContractMonth(2026, 12), ContractSeries.WEEKLY)
    known = delivery_of(weekly, GOLD, DAYS, TODAY)
    assert known == DeliveryDates(
        settlement=Settlement.PHYSICAL, sources={"settlement": known.sources["settlement"]}
    )


@one_case(
    ("words", "settlement", "source"),
    [
        ("Cash", Settlement.CASH, "IBKR"),
        ("Physical Delivery", Settlement.PHYSICAL, "IBKR"),
        ("DELIVERABLE", Settlement.PHYSICAL, "IBKR"),
        ("?", Settlement.PHYSICAL, "rule: COMEX gold and silver"),
        (None, Settlement.PHYSICAL, "rule: COMEX gold and silver"),
    ],
)
def test_ibkr_says_how_a_contract_settles_or_the_rule_does(
    words: str | None, settlement: Settlement, source: str
) -> None:
    gold = contract_of(GOLD, ContractMonth(2026, 12))
    known = delivery_of(dataclasses.replace(gold, settlement_method=words), GOLD, DAYS, TODAY)
    assert (known.settlement, known.sources["settlement"].source) == (settlement, source)
