"""Which columns the chain of a product has, and how they fit."""

from __future__ import annotations

import dataclasses
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from rich.console import Console

from example_products import DECEMBER, ES, NOW
from fakes.hours import sent_hours
from ibkr_sync.domain.entities.contracts import (
    ContractListing,
    ContractMonth,
    ContractSeries,
    FuturesContract,
)
from ibkr_sync.domain.entities.delivery import Confidence, DeliveryDates, DeliverySource
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.schedules import TradingSchedule
from ibkr_sync_cli.views.products.chain import ChainTable
from ibkr_sync_cli.views.products.product_table import product_table

SUNDAY_MORNING = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOURS = sent_hours("20261121:CLOSED;20261122:1700-20261123:1600;20261123:1700-20261124:1600")
MARCH = dataclasses.replace(
    DECEMBER,
    con_id=600000002,
    local_symbol="ESH7",
    contract_month=ContractMonth(2027, 3),
    last_trade_date=date(2027, 3, 19),
    last_trade_at=datetime(2027, 3, 19, 13, 30, tzinfo=UTC),
)
SEEN = ContractListing(first_seen_at=SUNDAY_MORNING, last_seen_at=SUNDAY_MORNING)


def listed(contract: FuturesContract, **changes: object) -> FuturesContract:
    known = {"schedule": HOURS, "time_zone": "America/Chicago", "listing": SEEN}
    return dataclasses.replace(contract, **{**known, **changes})  # type: ignore[arg-type]


def of(*contracts: FuturesContract) -> Future:
    return dataclasses.replace(ES, contracts=contracts)


def lines(product: Future, now: datetime = NOW, *, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width, markup=False, highlight=False)
    with console.capture() as capture:
        console.print(ChainTable(product, product.contracts, now))
    return [line.rstrip() for line in capture.get().splitlines()]


def headings(*arguments: Future | datetime, **options: int) -> str:
    return " ".join(lines(*arguments, **options)[0].split())  # type: ignore[arg-type]


ES_CHAIN = of(listed(DECEMBER), listed(MARCH))
DAX_CHAIN = of(
    listed(DECEMBER, local_symbol="FDAX 20261218 M", con_id=2000824323),
    listed(MARCH, local_symbol="FDAX 20270319 M", con_id=2000824326),
)
VIX_CHAIN = of(
    listed(DECEMBER, local_symbol="VX48X6", series=ContractSeries.WEEKLY, con_id=2010052973),
    listed(MARCH, local_symbol="VXZ6", con_id=2010024323),
)


def test_an_open_market_tells_until_when() -> None:
    assert all("  open → 16:00" in line for line in lines(ES_CHAIN)[2:])


def test_a_closed_market_tells_when_it_opens_on_which_other_day() -> None:
    saturday_night = datetime(2026, 11, 22, 1, tzinfo=UTC)
    assert "closed → Sun 17:00" in lines(ES_CHAIN, saturday_night)[2]
    assert "closed → 17:00" in lines(ES_CHAIN, SUNDAY_MORNING)[2]


def test_each_contract_has_its_own_session() -> None:
    other = sent_hours("20261123:0700-20261123:1000,1100-1500")
    chain = lines(of(listed(DECEMBER), listed(MARCH, schedule=other)), width=100)
    assert "open → 16:00" in chain[2]
    assert "closed → 07:00" in chain[3]


@pytest.mark.parametrize(
    "schedule",
    [
        None,
        sent_hours("", "20261123:0700-20261123:1000"),
        sent_hours("all day"),
        sent_hours("20251123:0900-20251123:1000"),
    ],
)
def test_without_hours_for_now_there_is_no_session_column(
    schedule: TradingSchedule | None,
) -> None:
    chain = of(listed(DECEMBER, schedule=schedule), listed(MARCH, schedule=None))
    assert headings(chain) == "Contract Month Last trade Days conId Seen"


def test_an_expired_contract_has_no_session() -> None:
    expired = listed(DECEMBER, last_trade_date=date(2026, 9, 18), last_trade_at=None)
    assert "open" not in lines(of(expired, listed(MARCH)), width=120)[2]


@pytest.mark.parametrize("chain", [ES_CHAIN, DAX_CHAIN, VIX_CHAIN])
@pytest.mark.parametrize("now", [NOW, datetime(2026, 11, 22, 1, tzinfo=UTC)])
def test_eighty_columns_hold_the_chain_with_its_sessions(chain: Future, now: datetime) -> None:
    drawn = lines(chain, now)
    assert "Session" in drawn[0]
    assert "…" not in "".join(drawn)
    assert max(map(len, drawn)) <= 80


def test_columns_give_way_one_after_the_other_where_there_is_no_room() -> None:
    full = "Contract Month Last trade Days conId Session Seen"
    assert headings(ES_CHAIN, NOW, width=82) == full
    assert headings(ES_CHAIN, NOW, width=76) == full.replace(" Seen", "")
    assert "Fri 18 Dec 2026 08:30" in lines(ES_CHAIN, NOW, width=76)[2]
    assert "  18 Dec 2026 08:30" in lines(ES_CHAIN, NOW, width=71)[2]
    assert headings(ES_CHAIN, NOW, width=66) == "Contract Month Last trade conId Session"
    assert headings(ES_CHAIN, NOW, width=56) == "Contract Month Last trade conId"


@pytest.mark.parametrize(
    ("name", "value", "heading", "column"),
    [
        ("min_tick", "0.5", "tick 0.25 to 0.5 = $12.50 to $25.00", "Tick"),
        ("multiplier", "20", "multiplier 20 to 50 · tick 0.25 = $5.00 to $12.50", "Multiplier"),
    ],
)
def test_what_differs_by_month_is_a_range_in_the_heading_and_a_column(
    name: str, value: str, heading: str, column: str
) -> None:
    alike = of(listed(DECEMBER), listed(DECEMBER, con_id=4, local_symbol="ESH7"))
    one, other = alike.contracts
    odd = dataclasses.replace(other, **{name: Decimal(value)})  # type: ignore[arg-type]
    for product, is_told in ((alike, False), (of(one, odd), True)):
        table = Console(file=io.StringIO(), width=100)
        with table.capture() as capture:
            table.print(product_table(product, NOW))
        drawn = capture.get()
        assert (heading in drawn, column in drawn.splitlines()[2].split()) == (is_told, is_told)


def cut_off(contract: FuturesContract, day: date | None, confidence: Confidence) -> FuturesContract:
    by = DeliverySource(source="rule", confidence=confidence, learnt_on=NOW.date())
    known = DeliveryDates(long_cutoff=day, sources={"long_cutoff": by})
    return listed(contract, delivery=known)


def test_until_when_longs_may_be_held_is_shown_with_what_is_past_and_what_is_not_certain() -> None:
    near, far = date(2026, 11, 20), date(2027, 3, 17)
    later = dataclasses.replace(MARCH, con_id=3, local_symbol="ESM7")
    chain = of(
        cut_off(DECEMBER, near, Confidence.B),
        cut_off(MARCH, far, Confidence.C),
        cut_off(later, None, Confidence.B),
    )
    drawn = lines(chain, width=120)
    assert "20 Nov 2026 past  " in drawn[2]
    assert "17 Mar 2027 C  " in drawn[3]
    assert "  -  " in drawn[4]
    for product, is_told in ((chain, True), (ES_CHAIN, False)):
        table = Console(file=io.StringIO(), width=120)
        with table.capture() as capture:
            table.print(product_table(product, NOW))
        legend = "Long until: - is the last trade, C is not certain"
        assert (legend in capture.get()) is is_told
