"""Until when contracts of the sample may be held, by the rules that ship with the package."""

from __future__ import annotations

import dataclasses
import io
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from example_products import ES
from fakes.deliveries import NoDeliveries
from ibkr_sync.application.services.deliveries.delivery import DeliveryService
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.catalogue.delivery_rules import load_delivery_rules
from ibkr_sync.catalogue.exchanges import exchange_facts
from ibkr_sync.domain.delivery.days_before import DaysBefore
from ibkr_sync.domain.delivery.delivery_book import DeliveryBook
from ibkr_sync.domain.delivery.hold_limits import HoldLimitKind, PositionSide
from ibkr_sync.domain.delivery.nearest_contract import NearestJudgements, NearestRule
from ibkr_sync.domain.entities.contracts import ContractMonth, ContractSeries, FuturesContract
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.errors import NoTradableContractError
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from ibkr_sync.infrastructure.replay.sample.listing import listed_contracts
from ibkr_sync.infrastructure.replay.sample.local_symbols import class_in_local_symbol, local_symbol
from ibkr_sync.infrastructure.replay.sample.products import sample_products
from ibkr_sync_cli.views.products.nearest_contracts import (
    holding_notes,
    nearest_contracts_table,
)

CALENDAR = HolidayCalendar()
LISTED_ON = date(2026, 1, 2)


@pytest.fixture(scope="session")
def deliveries() -> DeliveryService:
    markets = {fact.exchange: fact.calendar or "weekdays" for fact in exchange_facts().values()}
    book = DeliveryBook(load_delivery_rules(), markets, CALENDAR)
    return DeliveryService(book, NoDeliveries(), lambda: datetime(2026, 1, 2, tzinfo=UTC))


@cache
def chain_of(wanted: str) -> Future:
    """The product of a trading class as the sample lists it over a year."""
    product = next(other for other in sample_products() if other.trading_class == wanted)
    listed = dict.fromkeys(
        contract
        for day in (LISTED_ON, LISTED_ON + timedelta(days=200), LISTED_ON + timedelta(days=365))
        for contract in listed_contracts(product, CALENDAR, day)
    )
    key = ProductKey(product.symbol, product.exchange, product.trading_class)
    known = load_catalogue().row_of(key)
    contracts = tuple(
        FuturesContract(
            con_id=number,
            symbol=product.symbol,
            exchange=product.exchange,
            trading_class=class_in_local_symbol(product, value),
            currency=product.currency,
            local_symbol=local_symbol(product, value),
            contract_month=ContractMonth(value.year, value.month),
            last_trade_date=value.last_trade_date,
            series=ContractSeries.MONTHLY if value.week is None else ContractSeries.WEEKLY,
        )
        for number, value in enumerate(listed, start=1)
        if value.last_trade_date < LISTED_ON + timedelta(days=800)
    )
    return Future(
        symbol=product.symbol,
        exchange=product.exchange,
        trading_class=product.trading_class,
        currency=product.currency,
        category=known.category if known else None,
        contracts=contracts,
    )


def on(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def notes(judged: NearestJudgements) -> list[str]:
    try:
        return list(holding_notes(judged, judged.nearest()))
    except NoTradableContractError:
        return list(holding_notes(judged, None))


@pytest.mark.parametrize(
    ("product", "by", "note"),
    [
        ("ES", HoldLimitKind.CUTOFF, "ESZ6 has no cut-off: its last trade counts, 2026-12-18"),
        ("6E", HoldLimitKind.NOTICE, "6EZ6 has no first notice: its last trade counts, 2026-12-14"),
        ("CL", HoldLimitKind.NOTICE, "first notice of CLF7 comes after its last trade"),
        ("GC", HoldLimitKind.NOTICE, None),
        ("ES", None, None),
    ],
)
def test_the_last_trade_in_place_of_the_date_asked_for_says_so(
    deliveries: DeliveryService, product: str, by: HoldLimitKind | None, note: str | None
) -> None:
    judged = deliveries.judge(chain_of(product), NearestRule(by=by), on(date(2026, 11, 23)))
    found = [text for text in notes(judged) if "last trade counts" in text or "after its" in text]
    assert [text[: len(note or "")] for text in found] == ([] if note is None else [note])
    assert (judged.nearest().stand_in is None) is (note is None)


@given(
    st.sampled_from([other.trading_class for other in sample_products()]),
    st.dates(LISTED_ON, LISTED_ON + timedelta(days=365)),
    st.sampled_from(PositionSide),
)
def test_no_contract_is_named_past_its_notice_or_cut_off_without_saying_so(
    deliveries: DeliveryService, product: str, day: date, side: PositionSide
) -> None:
    judged = deliveries.judge(chain_of(product), NearestRule(side=side), on(day))
    message = notes(judged)
    try:
        found = judged.nearest()
    except NoTradableContractError:
        return
    known = found.contract.delivery
    assert known is not None
    cutoff = known.long_cutoff if side is PositionSide.LONG else known.short_cutoff
    assert day <= found.limit.last_day <= found.contract.last_trade_date
    assert found.limit.last_day <= (cutoff or date.max)
    if side is PositionSide.LONG:
        assert day < (known.first_notice_date or date.max)
    name = found.contract.local_symbol
    by_cash = known.settlement == "cash" and known.confidence("settlement") != "C"
    is_certain = by_cash or known.confidence(f"{side}_cutoff") in ("A", "B")
    assert is_certain or any(text.startswith((name, f"how {name}")) for text in message)
    for judgement in judged.past_notice:
        assert any(
            text.startswith(f"{judgement.contract.local_symbol} is passed") for text in message
        )


@given(
    st.sampled_from(["GC", "ZC", "ZN", "CL", "ES", "FGBL", "LE"]),
    st.dates(LISTED_ON, LISTED_ON + timedelta(days=365)),
    st.integers(0, 20),
    st.booleans(),
    st.none() | st.sampled_from(HoldLimitKind),
)
def test_more_days_before_never_lead_to_an_earlier_contract(  # noqa: PLR0917 - what hypothesis gives
    deliveries: DeliveryService,
    product: str,
    day: date,
    count: int,
    is_business: bool,
    by: HoldLimitKind | None,
) -> None:
    def nearest(count: int) -> date:
        before = DaysBefore(count=count, is_business=is_business)
        rule = NearestRule(by=by, days_before=before)
        found = deliveries.judge(chain_of(product), rule, on(day)).nearest()
        assert day < before.start(found.limit.day, deliveries.business_days(chain_of(product)))
        return found.contract.last_trade_date

    assert nearest(count) <= nearest(count + 1)


BY_NOTICE = NearestRule(by=HoldLimitKind.NOTICE)
FIVE_DAYS = NearestRule(days_before=DaysBefore(count=5))
FIVE_BUSINESS_DAYS = NearestRule(days_before=DaysBefore(count=5, is_business=True))


@pytest.mark.parametrize(
    ("day", "rule", "expected"),
    [
        ("2026-11-25", NearestRule(), "GCZ6 2026-11-25 cutoff"),
        ("2026-11-26", NearestRule(), "GCF7 2026-12-29 cutoff"),
        ("2026-11-27", BY_NOTICE, "GCZ6 2026-11-27 notice"),
        ("2026-11-30", BY_NOTICE, "GCF7 2026-12-30 notice"),
        ("2026-11-30", NearestRule(by=HoldLimitKind.LAST_TRADE), "GCZ6 2026-12-29 last-trade"),
        ("2026-11-30", NearestRule(side=PositionSide.SHORT), "GCZ6 2026-12-24 cutoff"),
        ("2026-11-30", NearestRule(months=frozenset({2, 4})), "GCG7 2027-01-27 cutoff"),
        ("2026-11-19", FIVE_DAYS, "GCZ6 2026-11-25 cutoff"),
        ("2026-11-20", FIVE_DAYS, "GCF7 2026-12-29 cutoff"),
        ("2026-11-17", FIVE_BUSINESS_DAYS, "GCZ6 2026-11-25 cutoff"),
        ("2026-11-18", FIVE_BUSINESS_DAYS, "GCF7 2026-12-29 cutoff"),
    ],
)
def test_gold_is_held_until_the_date_that_the_rule_names(
    deliveries: DeliveryService, day: str, rule: NearestRule, expected: str
) -> None:
    gold = chain_of("GC")
    contracts = tuple(
        dataclasses.replace(
            other,
            con_id=number,
            local_symbol=symbol,
            contract_month=ContractMonth.parse(month),
            last_trade_date=date.fromisoformat(last_trade),
        )
        for number, (symbol, month, last_trade), other in (
            (1, ("GCZ6", "202612", "2026-12-29"), gold.contracts[0]),
            (2, ("GCF7", "202701", "2027-01-27"), gold.contracts[0]),
            (3, ("GCG7", "202702", "2027-02-24"), gold.contracts[0]),
        )
    )
    product = dataclasses.replace(gold, contracts=contracts)
    found = deliveries.judge(product, rule, on(date.fromisoformat(day))).nearest()
    limit = found.limit
    assert f"{found.contract.local_symbol} {limit.last_day} {limit.kind.value}" == expected


def test_what_is_not_certain_is_said(deliveries: DeliveryService) -> None:
    notice_day = on(date(2026, 11, 30))
    note = notes(deliveries.judge(chain_of("ZN"), NearestRule(), notice_day))
    assert note[0] == (
        "ZNZ6 is passed over: IBKR's cut-off is 2026-11-27 (IBKR's standard policy, confidence C)"
    )
    cattle = notes(deliveries.judge(chain_of("LE"), NearestRule(), notice_day))
    assert cattle[0] == (
        "LEZ6 is physically delivered, and its first notice date is not known, but may come earlier"
        " than this: IBKR's cut-off is 2026-12-29"
        " (IBKR's standard policy, at the latest, confidence C)"
    )
    stock = dataclasses.replace(chain_of("DTEF"), exchange="NOVA")
    assert notes(deliveries.judge(stock, NearestRule(), notice_day))[0].startswith("how ")
    assert notes(deliveries.judge(chain_of("ES"), NearestRule(), notice_day)) == []


@given(
    st.sampled_from(["GC", "ZN", "CL", "NG", "SB", "FGBL", "LE"]),
    st.dates(LISTED_ON, LISTED_ON + timedelta(days=365)),
    st.sampled_from(HoldLimitKind),
    st.sampled_from(PositionSide),
)
def test_by_one_date_no_contract_is_kept_beyond_an_earlier_one_without_saying_so(
    deliveries: DeliveryService, product: str, day: date, by: HoldLimitKind, side: PositionSide
) -> None:
    judged = deliveries.judge(chain_of(product), NearestRule(by=by, side=side), on(day))
    found = judged.nearest()
    known = found.contract.delivery
    assert known is not None
    assert found.limit.last_day <= found.contract.last_trade_date
    cutoff = known.long_cutoff if side is PositionSide.LONG else known.short_cutoff
    if cutoff is not None and cutoff < found.limit.last_day:
        assert any(f"IBKR's cut-off is {cutoff}" in note for note in notes(judged))
    notice = known.first_notice_date if side is PositionSide.LONG else None
    if notice is not None and notice <= found.limit.last_day:
        assert any(f"first notice is {notice}" in note for note in notes(judged))


def test_by_the_last_trade_it_is_said_and_explained_what_ends_a_position_earlier(
    deliveries: DeliveryService,
) -> None:
    notice_day, rule = on(date(2026, 11, 30)), NearestRule(by=HoldLimitKind.LAST_TRADE)
    judged = deliveries.judge(chain_of("GC"), rule, notice_day)
    earlier = (
        "until 2026-12-29, beyond what ends it earlier: IBKR's cut-off is 2026-11-25 (IBKR's"
        " standard policy, confidence B); first notice is 2026-11-30 (rule: last business day"
        " of the month before (COMEX gold and silver), confidence A)"
    )
    assert notes(judged) == [f"GCZ6 would be kept {earlier}"]
    explained = Console(file=io.StringIO(), width=400)
    with explained.capture() as capture:
        explained.print(nearest_contracts_table(judged, rule, notice_day))
    assert earlier in capture.get()
    assert "may be held" not in capture.get()


def test_where_rule_and_ibkr_disagree_on_the_last_trade_it_is_said_and_nothing_is_vouched_for(
    deliveries: DeliveryService,
) -> None:
    gold = chain_of("GC")
    moved = (
        dataclasses.replace(contract, last_trade_date=contract.last_trade_date - timedelta(days=1))
        for contract in gold.contracts
    )
    product = dataclasses.replace(gold, contracts=tuple(moved))
    judged = deliveries.judge(product, NearestRule(), on(date(2026, 11, 26)))
    passed_over, uncertain = notes(judged)
    assert passed_over.startswith("GCZ6 is passed over: IBKR's cut-off is 2026-11-25")
    assert "is not certain to be held so long" in uncertain
    for note in (passed_over, uncertain):
        assert note.endswith("; rule and IBKR disagree on its last trade date: audit GC@COMEX")
    short = deliveries.judge(product, NearestRule(side=PositionSide.SHORT), on(date(2026, 11, 26)))
    assert (short.nearest().limit.last_day, notes(short)) == (date(2026, 12, 23), [])


@pytest.mark.parametrize("product", ["HSI", "225", "AP"])
@pytest.mark.parametrize("side", PositionSide)
def test_that_a_product_settles_in_cash_by_general_knowledge_is_not_certain(
    deliveries: DeliveryService, product: str, side: PositionSide
) -> None:
    rule, day = NearestRule(side=side), on(date(2026, 6, 1))
    judged = deliveries.judge(chain_of(product), rule, day)
    (note,) = notes(judged)
    assert note.endswith(
        "is not certain to be held so long: that it settles in cash is of confidence C"
        " (rule: Indices elsewhere in cash)"
    )
    assert not judged.nearest().is_certain
    assert deliveries.judge(chain_of("ES"), rule, day).nearest().is_certain


def test_a_chain_that_is_dated_is_not_dated_again(deliveries: DeliveryService) -> None:
    dated = deliveries.dated(ES)
    assert all(contract.delivery is not None for contract in dated.contracts)
    assert deliveries.dated(dated) is dated
