"""Which columns the chain of a product has, and how they fit."""

from __future__ import annotations

import dataclasses
import io
from datetime import UTC, date, datetime
from decimal import Decimal

from rich.console import Console

from example_products import DECEMBER, ES, NOW
from fakes.hours import sent_hours
from ibkr_sync.domain.entities.contracts import (
    ContractListing,
    ContractMonth,
    ContractSeries,
    FuturesContract,
)
from ibkr_sync.domain.entities.delivery import (
    Confidence,
    DeliveryDates,
    DeliverySource,
    Settlement,
)
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.schedules import TradingSchedule
from ibkr_sync_cli.views.products.chain import ChainTable
from ibkr_sync_cli.views.products.product_table import product_table
from one_case import one_case

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


def alike(product: Future, now: datetime = NOW) -> list[str]:
    return ChainTable(product, product.contracts, now).alike


def test_what_is_the_same_for_all_contracts_stands_above_them() -> None:
    saturday_night = datetime(2026, 11, 22, 1, tzinfo=UTC)
    assert alike(ES_CHAIN) == ["open until 16:00 CT"]
    assert alike(ES_CHAIN, saturday_night) == ["closed until Sun 17:00 CT"]
    assert alike(ES_CHAIN, SUNDAY_MORNING) == ["closed until 17:00 CT"]
    settled = DeliverySource(source="rule", confidence=Confidence.C, learnt_on=NOW.date())
    known = DeliveryDates(settlement=Settlement.CASH, sources={"settlement": settled})
    weekly = {"series": ContractSeries.WEEKLY, "delivery": known, "schedule": None}
    weeklies = of(*(listed(contract, **weekly) for contract in (DECEMBER, MARCH)))
    assert alike(weeklies) == ["weekly", "cash settlement (C)"]


def test_each_contract_has_its_own_session_where_they_differ() -> None:
    other = sent_hours("20261123:0700-20261123:1000,1100-1500")
    chain = lines(of(listed(DECEMBER), listed(MARCH, schedule=other)))
    assert "Session (CT)" in chain[0]
    assert chain[2].endswith("open until 16:00")
    assert chain[3].endswith("closed until 07:00")


@one_case(
    "schedule",
    [
        None,
        sent_hours("", "20261123:0700-20261123:1000"),
        sent_hours("all day"),
        sent_hours("20251123:0900-20251123:1000"),
    ],
)
def test_without_hours_for_now_nothing_is_said_of_sessions(
    schedule: TradingSchedule | None,
) -> None:
    chain = of(listed(DECEMBER, schedule=schedule), listed(MARCH, schedule=None))
    assert alike(chain) == []
    assert "Session" not in headings(chain)


def test_an_expired_contract_has_no_session() -> None:
    expired = listed(DECEMBER, last_trade_date=date(2026, 9, 18), last_trade_at=None)
    assert "open" not in lines(of(expired, listed(MARCH)), width=120)[2]


def test_no_column_that_says_contracts_apart_is_cut() -> None:
    for chain in (ES_CHAIN, DAX_CHAIN, VIX_CHAIN):
        drawn = lines(chain)
        assert "…" not in "".join(drawn)
        assert max(map(len, drawn)) <= 80


def test_columns_take_the_room_there_is_one_after_the_other() -> None:
    other = sent_hours("20261123:0700-20261123:1000,1100-1500")
    chain = of(
        listed(DECEMBER, listing=dataclasses.replace(SEEN, last_seen_at=NOW)),
        listed(MARCH, schedule=other),
    )
    full = "Contract Month Last trade Days conId Session (CT) Seen Last trade UTC"
    assert headings(chain, NOW, width=110) == full
    assert headings(chain, NOW, width=90) == full.replace(" Last trade UTC", "")
    assert headings(chain, NOW, width=80) == full.replace(" Seen Last trade UTC", "")
    assert "Fri  18 Dec 2026 08:30" in lines(chain, NOW, width=82)[2]
    assert "Fri  18 Dec 2026 08:30" not in lines(chain, NOW, width=76)[2]
    assert headings(chain, NOW, width=56) == "Contract Month Last trade Days conId"


def test_a_terminal_gets_twelve_contracts_unless_asked_and_is_reported_how_to_see_the_rest() -> (
    None
):
    chain = of(*(listed(DECEMBER, con_id=number) for number in range(1, 139)))
    for limit, is_terminal, shown in ((None, True, 12), (None, False, 138), (3, False, 3)):
        table = ChainTable(chain, chain.contracts, NOW, limit=limit, step_to_show_all="show it")
        console = Console(
            file=io.StringIO(), width=80, force_terminal=is_terminal, color_system=None
        )
        with console.capture() as capture:
            console.print(table)
        drawn = capture.get()
        assert drawn.count("ESZ6") == shown
        assert (f"… {138 - shown} more: show it" in drawn) is (shown < 138)


def test_the_nearest_is_marked_in_any_order() -> None:
    chain = of(listed(MARCH), listed(DECEMBER))
    assert [line[:1] for line in lines(chain)[2:]] == [" ", "▶"]


@one_case(
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
    for product, is_reported in ((alike, False), (of(one, odd), True)):
        table = Console(file=io.StringIO(), width=100)
        with table.capture() as capture:
            table.print(product_table(product, NOW))
        drawn = capture.get()
        assert (heading in drawn, column in drawn.splitlines()[2].split()) == (
            is_reported,
            is_reported,
        )


def cut_off(contract: FuturesContract, day: date | None, confidence: Confidence) -> FuturesContract:
    by = DeliverySource(source="rule", confidence=confidence, learnt_on=NOW.date())
    known = DeliveryDates(long_cutoff=day, sources={"long_cutoff": by})
    return listed(contract, delivery=known)


def test_until_when_longs_may_be_held_is_shown_with_what_is_past_and_what_is_not_certain() -> None:
    near, far = date(2026, 11, 20), date(2027, 3, 17)
    later = dataclasses.replace(MARCH, con_id=3, local_symbol="ESM7")
    ended = dataclasses.replace(
        DECEMBER, con_id=4, last_trade_date=date(2026, 11, 20), last_trade_at=None
    )
    chain = of(
        cut_off(DECEMBER, near, Confidence.B),
        cut_off(MARCH, far, Confidence.C),
        cut_off(later, None, Confidence.B),
        cut_off(ended, date(2026, 10, 28), Confidence.B),
    )
    drawn = lines(chain, width=120)
    assert "20 Nov 2026 past  " in drawn[2]
    assert "17 Mar 2027 C  " in drawn[3]
    assert "  -  " in drawn[4]
    assert "28 Oct 2026 past  " in drawn[5]
    for product, is_reported in ((chain, True), (ES_CHAIN, False)):
        table = Console(file=io.StringIO(), width=120)
        with table.capture() as capture:
            table.print(product_table(product, NOW))
        legend = "hold longs until: - is the last trade, C is not certain"
        assert (legend in capture.get()) is is_reported
