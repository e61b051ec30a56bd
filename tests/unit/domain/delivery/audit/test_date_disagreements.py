"""Where IBKR, rules and imports differ in the dates of contracts."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime

from ibkr_sync.catalogue.delivery_rules import load_delivery_rules
from ibkr_sync.domain.delivery.audit.date_disagreements import date_disagreements
from ibkr_sync.domain.delivery.delivery_book import DeliveryBook
from ibkr_sync.domain.entities.contracts import ContractMonth, FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.import_origin import ImportOrigin
from ibkr_sync.domain.entities.imported_delivery import ImportedRow
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync.infrastructure.calendars import HolidayCalendar

BOOK = DeliveryBook(load_delivery_rules(), {}, HolidayCalendar())
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
GCZ6 = FuturesContract(
    con_id=1,
    symbol="GC",
    exchange="COMEX",
    trading_class="GC",
    currency="USD",
    local_symbol="GCZ6",
    contract_month=ContractMonth(2026, 12),
    last_trade_date=date(2026, 12, 29),
)
GOLD = Future(symbol="GC", exchange="COMEX", trading_class="GC", currency="USD", contracts=(GCZ6,))
CALENDAR = ImportedRow(
    origin=ImportOrigin.EXCHANGE,
    source="import: CME product calendar",
    contract_month=ContractMonth(2026, 12),
    last_trade_date=date(2026, 12, 29),
    dates={"first_notice_date": date(2026, 11, 30)},
)


def found(product: Future, *rows: ImportedRow) -> list[tuple[str, str, str, Severity]]:
    imports = [row.on_product("COMEX", "GC", date(2026, 11, 1)) for row in rows]
    return [
        (disagreement.field, disagreement.value, disagreement.other, disagreement.severity)
        for disagreement in date_disagreements(product, BOOK, imports, NOW)
    ]


def test_what_agrees_is_not_reported() -> None:
    assert found(GOLD, CALENDAR) == []


def test_another_last_trade_date_than_the_rules_is_reported() -> None:
    moved = dataclasses.replace(GCZ6, last_trade_date=date(2026, 12, 28))
    other = dataclasses.replace(GOLD, contracts=(moved,))
    assert found(other) == [("last_trade_date", "2026-12-28", "2026-12-29", Severity.NOTICE)]


def test_a_published_last_trade_date_that_is_not_ibkrs_is_critical() -> None:
    other = dataclasses.replace(CALENDAR, last_trade_date=date(2026, 12, 28))
    assert found(GOLD, other) == [
        ("last_trade_date", "2026-12-29", "2026-12-28", Severity.CRITICAL)
    ]


def test_of_an_import_that_ibkr_refutes_the_last_trade_date_alone_is_named() -> None:
    slipped = dataclasses.replace(
        CALENDAR,
        last_trade_date=date(2027, 2, 24),
        dates={"first_notice_date": date(2027, 1, 29)},
    )
    assert [pair[0] for pair in found(GOLD, slipped)] == ["last_trade_date"]


def test_a_published_notice_date_that_is_not_the_rules_is_reported() -> None:
    other = dataclasses.replace(CALENDAR, dates={"first_notice_date": date(2026, 11, 27)})
    assert found(GOLD, other) == [
        ("first_notice_date", "2026-11-27", "2026-11-30", Severity.NOTICE)
    ]


def test_a_cut_off_of_ibkrs_own_is_no_contradiction() -> None:
    cutoff = ImportedRow(
        origin=ImportOrigin.IBKR_CONTRACT,
        source="import: IBKR's Web API",
        con_id=1,
        dates={"long_cutoff": date(2026, 11, 20)},
    )
    assert found(GOLD, cutoff) == []


def test_of_what_has_ended_nothing_is_reported() -> None:
    ended = dataclasses.replace(GCZ6, last_trade_date=date(2026, 10, 1))
    assert found(dataclasses.replace(GOLD, contracts=(ended,))) == []
