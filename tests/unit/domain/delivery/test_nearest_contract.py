"""Which contract is the nearest that may be held, and why one before it is not."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from example_products import DECEMBER, ES, MARCH, NOW
from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.delivery.days_before import DaysBefore
from ibkr_sync.domain.delivery.nearest_contract import (
    NearestObjection,
    NearestRule,
    judge_nearest,
)
from ibkr_sync.domain.entities.contracts import (
    ContractListing,
    ContractSeries,
    ContractState,
    FuturesContract,
)
from ibkr_sync.domain.entities.delivery import Confidence, DeliveryDates, DeliverySource
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import AmbiguousContractError, NoTradableContractError
from ibkr_sync.domain.selection.series_choice import SeriesChoice, chosen_series
from ibkr_sync.domain.selection.size_choice import differ_in_size_only
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from one_case import one_case
from strategies import futures, instants

WEEKDAYS = BusinessDays(HolidayCalendar(), "weekdays")
ANY = NearestRule(series=SeriesChoice.ALL)


def nearest(product: Future, rule: NearestRule, now: datetime) -> FuturesContract:
    return judge_nearest(product, rule, now, WEEKDAYS).nearest().contract


def before(count: int | None) -> DaysBefore | None:
    return None if count is None else DaysBefore(count=count)


def known(**dates: date) -> DeliveryDates:
    by = DeliverySource(source="IBKR", confidence=Confidence.A, learnt_on=NOW.date())
    return DeliveryDates(**dates, sources=dict.fromkeys(dates, by))  # type: ignore[arg-type]


def with_first(**changes: object) -> Future:
    first = dataclasses.replace(DECEMBER, **changes)  # type: ignore[arg-type]
    return dataclasses.replace(ES, contracts=(first, MARCH))


def test_the_next_to_expire_is_the_nearest_whatever_the_order_of_the_chain() -> None:
    backwards = dataclasses.replace(ES, contracts=(MARCH, DECEMBER))
    judged = judge_nearest(backwards, ANY, NOW, WEEKDAYS)
    assert (judged.nearest().contract, judged.passed_over) == (DECEMBER, ())


def test_on_its_last_day_a_contract_is_tradable_until_the_last_trade() -> None:
    stop = DECEMBER.last_trade_at
    assert stop is not None
    assert nearest(ES, ANY, stop.replace(minute=stop.minute - 1)) is DECEMBER
    assert nearest(ES, ANY, stop) is MARCH


@one_case(("days_before", "month"), [(None, 12), (0, 12), (24, 12), (25, 3), (115, 3)])
def test_days_before_the_last_trade_the_next_contract_takes_over(
    days_before: int | None, month: int
) -> None:
    rule = NearestRule(days_before=before(days_before))
    assert nearest(ES, rule, NOW).last_trade_date.month == month


def test_days_are_counted_in_the_zone_of_the_exchange() -> None:
    product = with_first(time_zone="America/Chicago")
    still_the_17th_there = datetime(2026, 12, 18, 5, 59, tzinfo=UTC)
    one_minute_later = datetime(2026, 12, 18, 6, 0, tzinfo=UTC)
    rule = NearestRule(days_before=DaysBefore(count=0))
    assert nearest(product, rule, still_the_17th_there).con_id == DECEMBER.con_id
    assert nearest(product, rule, one_minute_later) is MARCH


@one_case(
    ("changes", "rule", "objection"),
    [
        ({"last_trade_at": datetime(2026, 11, 20, tzinfo=UTC)}, ANY, NearestObjection.EXPIRED),
        (
            {"listing": ContractListing(first_seen_at=NOW, last_seen_at=NOW, missing_since=NOW)},
            ANY,
            NearestObjection.MISSING,
        ),
        (
            {"listing": ContractListing(first_seen_at=NOW, last_seen_at=NOW, delisted_at=NOW)},
            ANY,
            NearestObjection.DELISTED,
        ),
        (
            {"series": ContractSeries.WEEKLY},
            NearestRule(series=SeriesChoice.MONTHLY),
            NearestObjection.OTHER_SERIES,
        ),
        ({}, NearestRule(days_before=DaysBefore(count=30)), NearestObjection.LAST_TRADE),
        (
            {"delivery": known(first_notice_date=NOW.date())},
            ANY,
            NearestObjection.NOTICE,
        ),
        (
            {"delivery": known(long_cutoff=NOW.date() - timedelta(days=1))},
            ANY,
            NearestObjection.CUTOFF,
        ),
    ],
)
def test_what_is_passed_over_is_reported_with_its_reason(
    changes: dict[str, object], rule: NearestRule, objection: NearestObjection
) -> None:
    judged = judge_nearest(with_first(**changes), rule, NOW, WEEKDAYS)
    assert judged.nearest().contract is MARCH
    assert [judgement.objection for judgement in judged.passed_over] == [objection]


def test_without_a_tradable_contract_there_is_an_error() -> None:
    with pytest.raises(NoTradableContractError) as caught:
        nearest(ES, NearestRule(days_before=DaysBefore(count=1000)), NOW)
    assert (caught.value.product, caught.value.passed_over) == (ES.key, 2)


def test_a_product_without_contracts_has_no_tradable_one() -> None:
    with pytest.raises(NoTradableContractError):
        nearest(dataclasses.replace(ES, contracts=()), ANY, NOW)


def test_monthly_is_usual_where_there_are_monthly_contracts() -> None:
    product = with_first(series=ContractSeries.WEEKLY)
    assert nearest(product, NearestRule(), NOW) is MARCH


def test_only_the_months_that_are_wanted_are_named() -> None:
    assert nearest(ES, NearestRule(months=frozenset({12})), NOW) is DECEMBER
    with pytest.raises(NoTradableContractError) as caught:  # of March no contract month is known
        nearest(ES, NearestRule(months=frozenset({3})), NOW)
    assert caught.value.months == (12,)
    late = NearestRule(months=frozenset({12}), days_before=DaysBefore(count=1000))
    with pytest.raises(NoTradableContractError) as caught:
        nearest(ES, late, NOW)
    assert caught.value.months == ()


def test_any_series_is_usual_where_nothing_is_monthly() -> None:
    weekly = dataclasses.replace(DECEMBER, series=ContractSeries.WEEKLY)
    daily = dataclasses.replace(MARCH, series=ContractSeries.DAILY)
    product = dataclasses.replace(ES, contracts=(weekly, daily))
    assert nearest(product, NearestRule(), NOW) is weekly


@one_case(
    ("choice", "series"),
    [
        (SeriesChoice.WEEKLY, {ContractSeries.WEEKLY}),
        (SeriesChoice.DAILY, {ContractSeries.DAILY}),
        (SeriesChoice.MONTHLY, {ContractSeries.MONTHLY}),
        (SeriesChoice.ALL, set(ContractSeries)),
    ],
)
def test_a_series_that_is_named_is_meant(choice: SeriesChoice, series: set[ContractSeries]) -> None:
    assert chosen_series(ES, choice) == series


def _is_tradable(contract: FuturesContract, rule: NearestRule, now: datetime) -> bool:
    return (
        contract.state(now) is ContractState.ACTIVE
        and (rule.series is SeriesChoice.ALL or contract.series.value == rule.series.value)
        and (rule.days_before is None or contract.days_left(now) > rule.days_before.count)
    )


@given(
    product=futures(),
    now=instants,
    rule=st.builds(
        NearestRule,
        days_before=st.none() | st.builds(DaysBefore, count=st.integers(0, 400)),
        series=st.sampled_from(
            [choice for choice in SeriesChoice if choice is not SeriesChoice.USUAL]
        ),
    ),
)
def test_the_nearest_is_tradable_and_nothing_before_it_is(
    product: Future, now: datetime, rule: NearestRule
) -> None:
    tradable = [other for other in product.contracts if _is_tradable(other, rule, now)]
    judged = judge_nearest(product, rule, now, WEEKDAYS)
    assert not any(_is_tradable(judgement.contract, rule, now) for judgement in judged.passed_over)
    if not tradable:
        with pytest.raises(NoTradableContractError):
            judged.nearest()
        return
    first = [other for other in tradable if differ_in_size_only(other, tradable[0])]
    if len(first) > 1:
        with pytest.raises(AmbiguousContractError):
            judged.nearest()
        return
    found = judged.nearest().contract
    assert found in tradable
    assert found.last_trade_date == min(other.last_trade_date for other in tradable)
