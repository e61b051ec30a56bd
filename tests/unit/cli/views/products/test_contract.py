"""One contract in full, and the series of a product."""

from __future__ import annotations

import dataclasses
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from rich.console import Console, RenderableType

from example_products import DECEMBER, ES, MARCH, NOW
from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.delivery.days_before import DaysBefore
from ibkr_sync.domain.delivery.nearest_contract import NearestRule, judge_nearest
from ibkr_sync.domain.entities.contracts import ContractListing, ContractSeries, Venue
from ibkr_sync.domain.entities.delivery import (
    Confidence,
    DeliveryDates,
    DeliverySource,
    Settlement,
)
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.ports.pins import Pin
from ibkr_sync.domain.selection.chain_selection import ChainSelection
from ibkr_sync.domain.selection.series_choice import SeriesChoice
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from ibkr_sync.interchange.product_document import (
    DocumentScope,
    product_from_document,
    product_to_document,
)
from ibkr_sync_cli.views.products.nearest_contracts import nearest_contracts_table
from ibkr_sync_cli.views.products.pins import pins_view
from ibkr_sync_cli.views.products.product import contract_view, product_view
from one_case import one_case

WEEKLY = dataclasses.replace(MARCH, con_id=3, local_symbol="ES48X6", series=ContractSeries.WEEKLY)
LATER = NOW + timedelta(hours=3)


def drawn(renderable: RenderableType, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width, markup=False, highlight=False)
    with console.capture() as capture:
        console.print(renderable)
    return [" ".join(line.split()) for line in capture.get().splitlines()]


def ladder(rule_id: int, *steps: tuple[str, str]) -> MarketRule:
    increments = tuple(
        PriceIncrement(low_edge=Decimal(edge), increment=Decimal(step)) for edge, step in steps
    )
    return MarketRule(market_rule_id=rule_id, increments=increments)


def by_id(*ladders: MarketRule) -> dict[int, MarketRule]:
    return {ladder.market_rule_id: ladder for ladder in ladders}


CORN = dataclasses.replace(
    DECEMBER,
    multiplier=Decimal(5000),
    price_magnifier=100,
    min_tick=Decimal("0.0025"),
    venues=(
        Venue(exchange="CBOT", market_rule_id=151),
        Venue(exchange="QBALGO", market_rule_id=151),
        Venue(exchange="SILENT"),
        Venue(exchange="OTHER", market_rule_id=152),
    ),
)
CORN_LADDERS = by_id(ladder(151, ("0", "0.0025"), ("10", "0.005")))


def test_ticks_of_a_magnified_price_have_one_unit_the_quoted_one() -> None:
    lines = drawn(contract_view(ES, CORN, CORN_LADDERS, NOW).table())
    assert "Tick 0.25 = $12.50" in lines
    assert "Market rule 151 0.25 from 0, 0.5 from 1000 · CBOT, QBALGO" in lines
    assert not any(line.startswith("Market rule 152") for line in lines)


@one_case(("magnifier", "quoted"), [(1, ["0.0025", "0.005"]), (10_000, ["25", "50"])])
def test_every_format_has_the_ladders_and_the_venues_where_they_apply(
    magnifier: int, quoted: list[str]
) -> None:
    contract = dataclasses.replace(CORN, price_magnifier=magnifier)
    result = contract_view(ES, contract, CORN_LADDERS, NOW)
    document: Any = result.document()
    (corn,) = document["contracts"]
    known, unknown = corn["market_rules"]
    assert (known["market_rule_id"], known["exchanges"]) == (151, ["CBOT", "QBALGO"])
    assert [increment["increment"] for increment in known["increments"]] == ["0.0025", "0.005"]
    assert [increment["quoted_increment"] for increment in known["increments"]] == quoted
    assert unknown == {"market_rule_id": 152, "exchanges": ["OTHER"], "increments": None}
    (row,) = result.rows()
    assert json.loads(row["market_rules"]) == corn["market_rules"]
    (record,) = result.records()
    assert record == document


def test_where_nobody_looked_for_ladders_they_are_null() -> None:
    document: Any = product_to_document(dataclasses.replace(ES, contracts=(CORN,)), NOW)
    assert document["contracts"][0]["market_rules"] is None
    assert product_from_document(document).contracts[0].venues == CORN.venues


def test_a_contract_is_shown_with_all_that_is_known() -> None:
    contract = dataclasses.replace(DECEMBER, time_zone="America/Chicago", settlement_method="Cash")
    contract = dataclasses.replace(
        contract, venues=(*contract.venues, Venue(exchange="NINE", market_rule_id=9))
    )
    ladders = by_id(ladder(67, ("0", "0.25")), ladder(9, ("-100", "0.05"), ("0", "0.1")))
    lines = drawn(contract_view(ES, contract, ladders, LATER).table())
    assert lines[0] == "ESZ6 ES E-mini S&P 500"
    for line in (
        "Product ES@CME (ES)",
        "conId 600000001",
        "Contract month 2026-12",
        "Series monthly",
        "State active · 25 days left",
        "Last trade Fri 18 Dec 2026 08:30 America/Chicago",
        "Last trade UTC 2026-12-18 14:30",
        "Expiration 2026-12-18",
        "Settlement Cash",
        "Multiplier 50",
        "Point value $50.00",
        "Tick 0.25 = $12.50",
        "Market rule 67 0.25 · CME",
        "Market rule 9 0.05 from -100, 0.1 from 0 · NINE",
        "Exchanges CME, QBALGO, NINE",
        "Identifiers ISIN XX0000000000",
        "First seen 2026-11-23 12:00 UTC · 3h ago",
        "Last seen 2026-11-23 12:00 UTC · 3h ago",
        "Source ibkr",
    ):
        assert line in lines
    assert not any(line.startswith(("Missing since", "Delisted", "Prices in")) for line in lines)
    assert max(map(len, lines)) <= 80


def test_what_is_not_known_of_a_contract_is_left_out_or_said() -> None:
    lines = drawn(contract_view(ES, MARCH, {}, NOW).table())
    assert "Last trade Fri 19 Mar 2027 America/Chicago" in lines
    assert "Multiplier -" in lines
    assert "Contract month -" in lines
    assert not any(line.startswith(("Last trade UTC", "Name", "Underlying", "First seen"))
                   for line in lines)  # fmt: skip


def test_absence_magnified_prices_and_a_class_of_its_own_are_shown() -> None:
    gone = dataclasses.replace(
        DECEMBER,
        price_magnifier=100,
        trading_class="ES48",
        listing=ContractListing(first_seen_at=NOW, last_seen_at=NOW, missing_since=NOW),
    )
    lines = drawn(contract_view(ES, gone, {}, LATER).table())
    assert "State missing · 25 days left" in lines
    assert "Missing since 2026-11-23 12:00 UTC · 3h ago" in lines
    assert "Prices in 1/100 USD" in lines
    assert "Trading class ES48" in lines


def test_sample_data_is_marked() -> None:
    sample = dataclasses.replace(ES, origin=Origin.SAMPLE)
    assert "SAMPLE DATA" in drawn(contract_view(sample, DECEMBER, {}, NOW).table())[0]


def test_the_document_of_a_contract_is_its_product_with_it_alone() -> None:
    result = contract_view(ES, MARCH, {}, NOW)
    alone = dataclasses.replace(ES, contracts=(MARCH,))
    assert result.document() == product_to_document(alone, NOW, DocumentScope.CONTRACT, {})
    assert [row["con_id"] for row in result.rows()] == [str(MARCH.con_id)]


@one_case(
    ("series", "shown", "footer"),
    [
        (SeriesChoice.USUAL, ["ESZ6"], "1 listed · 1 weekly (--series all) ·"),
        (SeriesChoice.ALL, ["ESZ6", "ES48X6"], "2 listed · ▶"),
        (
            SeriesChoice.DAILY,
            [],
            "0 listed · 1 monthly (--series all) · 1 weekly (--series all) · ",
        ),
        (SeriesChoice.WEEKLY, ["ES48X6"], "1 listed · 1 monthly (--series all) · ▶"),
    ],
)
def test_other_series_are_hidden_and_counted_unless_wanted(
    series: SeriesChoice, shown: list[str], footer: str
) -> None:
    product = dataclasses.replace(ES, contracts=(DECEMBER, WEEKLY))
    lines = drawn(
        product_view(product, NOW, selection=ChainSelection(series=series)).table(), width=120
    )
    chain = [line for line in lines if any(name in line for name in ("ESZ6", "ES48X6"))]
    assert [name for line in chain for name in shown if name in line] == shown
    assert [line.split()[:2] for line in chain[:1]] == [["▶", name] for name in shown[:1]]
    assert ("▶" in lines[-1]) == bool(shown)
    assert lines[-1].startswith(footer)


def test_other_formats_hold_every_series_unless_one_is_named() -> None:
    product = dataclasses.replace(ES, contracts=(DECEMBER, WEEKLY))
    every = product_view(product, NOW)
    assert [row["con_id"] for row in every.rows()] == ["600000001", "3"]
    weekly = product_view(product, NOW, selection=ChainSelection(series=SeriesChoice.WEEKLY))
    assert [row["con_id"] for row in weekly.rows()] == ["3"]


def test_an_explanation_says_why_each_contract_before_is_not_it() -> None:
    expired = dataclasses.replace(
        DECEMBER, con_id=9, local_symbol="ESU6", last_trade_at=datetime(2026, 9, 18, tzinfo=UTC)
    )
    gone = dataclasses.replace(
        DECEMBER,
        con_id=8,
        listing=ContractListing(first_seen_at=NOW, last_seen_at=NOW, missing_since=NOW),
    )
    weekly = dataclasses.replace(DECEMBER, con_id=7, series=ContractSeries.WEEKLY)
    said = DeliverySource(source="IBKR", confidence=Confidence.A, learnt_on=NOW.date())
    in_cash = dataclasses.replace(
        MARCH,
        delivery=DeliveryDates(settlement=Settlement.CASH, sources={"settlement": said}),
    )
    product = dataclasses.replace(ES, contracts=(weekly, gone, expired, DECEMBER, in_cash))
    rule = NearestRule(days_before=DaysBefore(count=30), series=SeriesChoice.MONTHLY)
    judged = judge_nearest(product, rule, NOW, BusinessDays(HolidayCalendar(), "weekdays"))
    lines = drawn(nearest_contracts_table(judged, rule, NOW))
    assert [line.partition(" 25 ")[2] or line.partition(" 116 ")[2] for line in lines[2:]] == [
        "7 2026-12-18 weekly, not monthly",
        "8 2026-12-18 missing from the last reply",
        "9 2026-12-18 expired",
        "600000001 2026-12-18 30 days or less left",
        "600000002 2027-03-19 ▶ may be held",
    ]


def test_pins_are_shown_with_what_they_mean() -> None:
    pins = (
        Pin(word="AUD", symbol="AUD", exchange="ICEUS"),
        Pin(word="DAX", symbol="DAX", exchange="EUREX", trading_class="FDAX"),
    )
    result = pins_view(pins)
    assert drawn(result.table())[2:] == ["AUD AUD@ICEUS", "DAX DAX@EUREX (FDAX)"]
    assert next(iter(result.rows())) == {
        "word": "AUD",
        "symbol": "AUD",
        "exchange": "ICEUS",
        "trading_class": "",
        "multiplier": "",
    }
    of_size = dataclasses.replace(pins[1], multiplier=Decimal("0.10"))
    assert drawn(pins_view([of_size]).table())[2:] == ["DAX DAX@EUREX (FDAX) 0.1"]
    assert next(iter(pins_view([of_size]).rows()))["multiplier"] == "0.1"
    assert result.document() == {"schema": "ibkr-sync/pins/1", "pins": list(result.records())}
