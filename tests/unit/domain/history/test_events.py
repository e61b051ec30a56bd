"""What each recorded change is as an event, and how much it matters."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from example_products import DECEMBER, ES, MARCH, NOW
from ibkr_sync.domain.canonical_text import TRACKED_OF_CONTRACT, TRACKED_OF_PRODUCT
from ibkr_sync.domain.entities.contracts import ContractListing, FuturesContract
from ibkr_sync.domain.entities.delivery import DELIVERY_FACTS
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.history.events import (
    RECORDED_FIELDS,
    Event,
    EventType,
    end_of_trading,
    event_of,
    expiry_event,
    ladder_event,
)
from ibkr_sync.domain.history.recorded_history import RecordedChange, RecordedEnd, RecordedLadder
from ibkr_sync.domain.history.severity import Severity
from one_case import one_case

INFO, NOTICE, CRITICAL = Severity.INFO, Severity.NOTICE, Severity.CRITICAL


def change(field: str, old: str | None, new: str | None, **more: object) -> RecordedChange:
    known: dict[str, object] = {"con_id": 600000001, "local_symbol": "ESZ6", "at": NOW, "run": 7}
    return RecordedChange(product=ES.key, field=field, old=old, new=new, **known | more)  # type: ignore[arg-type]


CASES = [
    ("listing", None, "listed", EventType.NEW, INFO),
    ("listing", "listed", "missing", EventType.MISSING, NOTICE),
    ("listing", "missing", "delisted", EventType.DELISTED, CRITICAL),
    ("listing", "missing", "listed", EventType.RETURNED, NOTICE),
    ("listing", "delisted", "listed", EventType.RETURNED, NOTICE),
    ("odd_row", None, "min_tick '0': must be positive", EventType.ODD_ROW, NOTICE),
    ("odd_row", "min_tick '0': must be positive", None, EventType.FIELD_CHANGED, INFO),
    ("no_longer_stated", None, "min_tick no longer stated", EventType.NO_LONGER_STATED, INFO),
    (
        "dates_disagree",
        None,
        "last_trade_date '20270118': it is 2026-12-18 or 2027-01-18",
        EventType.DATES_DISAGREE,
        NOTICE,
    ),
    ("last_trade_date", "2026-12-18", "2026-12-17", EventType.EXPIRY_MOVED, CRITICAL),
    ("last_trade_at", "2026-12-18T14:30:00+00:00", None, EventType.EXPIRY_MOVED, CRITICAL),
    ("real_expiration_date", "2026-12-18", "2026-12-17", EventType.FIELD_CHANGED, INFO),
    ("real_expiration_date", None, "2026-12-17", EventType.FIELD_CHANGED, INFO),
    ("contract_month", "2026-12", "2027-01", EventType.MONTH_CHANGED, NOTICE),
    ("multiplier", "50", "5", EventType.MULTIPLIER_CHANGED, CRITICAL),
    ("multiplier", None, "50", EventType.MULTIPLIER_CHANGED, NOTICE),
    ("price_magnifier", "1", "100", EventType.MAGNIFIER_CHANGED, CRITICAL),
    ("min_tick", "0.25", "0.1", EventType.TICK_CHANGED, CRITICAL),
    ("exchange", "GLOBEX", "CME", EventType.EXCHANGE_RENAMED, CRITICAL),
    ("symbol", "MXP", "6M", EventType.SYMBOL_RENAMED, CRITICAL),
    ("currency", "USD", "EUR", EventType.CURRENCY_CHANGED, CRITICAL),
    ("time_zone", "America/Chicago", "UTC", EventType.ZONE_CHANGED, CRITICAL),
    ("trading_class", "ES", "EW", EventType.CLASS_CHANGED, NOTICE),
    ("local_symbol", "ESZ6", "ES DEC", EventType.LOCAL_SYMBOL_CHANGED, NOTICE),
    ("replaced_by", "600000001", "600000009", EventType.REPLACED, CRITICAL),
    ("closed_at", None, "2026-11-23T12:00:00+00:00", EventType.CLOSED, NOTICE),
    ("closed_at", "2026-11-23T12:00:00+00:00", None, EventType.RETURNED, NOTICE),
    ("product", "ES@CME (ES)", "EW@CME (EW)", EventType.MOVED, CRITICAL),
    ("venues", "CME:67,QBALGO", "CME:68,QBALGO", EventType.TICK_CHANGED, NOTICE),
    ("venues", "CME:67", "CME:67,QBALGO:1", EventType.VENUES_CHANGED, INFO),
    ("venues", "CME,QBALGO:1", "CME:67,QBALGO:1", EventType.VENUES_CHANGED, INFO),
    ("venues", None, "CME:67", EventType.VENUES_CHANGED, INFO),
    ("venues", "CME:67", None, EventType.VENUES_CHANGED, INFO),
    ("name", "E-mini", "Mini", EventType.NAME_CHANGED, INFO),
    ("long_name", "E-mini", None, EventType.NAME_CHANGED, INFO),
    ("market_name", "ES", "MES", EventType.NAME_CHANGED, INFO),
    ("underlying", "ES IND 1", "ES IND 2", EventType.UNDERLYING_CHANGED, INFO),
    ("underlying_con_id", "1", "2", EventType.UNDERLYING_CHANGED, INFO),
    ("underlying_symbol", "ES", "SPX", EventType.UNDERLYING_CHANGED, INFO),
    ("underlying_sec_type", "IND", "STK", EventType.UNDERLYING_CHANGED, INFO),
    ("origin", "file", "ibkr", EventType.FIELD_CHANGED, INFO),
    ("asset_class", "index", "commodity", EventType.FIELD_CHANGED, INFO),
    ("industry", None, "Indices", EventType.FIELD_CHANGED, INFO),
    ("long_cutoff", "2026-11-25 (A, x)", "2026-11-24 (A, x)", EventType.DELIVERY_CHANGED, NOTICE),
    (
        "first_notice_date",
        "2026-11-30 (A, rule: x)",
        "none (B, CME)",
        EventType.DELIVERY_CHANGED,
        NOTICE,
    ),
    ("first_notice_date", None, "2026-11-30 (A, rule: x)", EventType.DELIVERY_CHANGED, NOTICE),
    ("settlement", "cash (B, rule: x)", "cash (A, IBKR)", EventType.DELIVERY_CHANGED, INFO),
    (
        "long_cutoff",
        "2026-11-25 (B, IBKR's standard policy)",
        "2026-11-24 (B, IBKR's standard policy)",
        EventType.CORRECTED,
        INFO,
    ),
    ("of a later version", "1", "2", EventType.FIELD_CHANGED, INFO),
]


@one_case(("field", "old", "new", "kind", "severity"), CASES)
def test_a_change_is_an_event_of_its_kind(
    field: str, old: str | None, new: str | None, kind: EventType, severity: Severity
) -> None:
    assert event_of(change(field, old, new)) == Event(
        type=kind,
        severity=severity,
        product=ES.key,
        con_id=600000001,
        local_symbol="ESZ6",
        field=field,
        old=old,
        new=new,
        at=NOW,
        run=7,
    )


@one_case("field", ["multiplier", "last_trade_date", "venues", "odd_row"])
def test_what_was_read_otherwise_is_a_correction_and_no_more(field: str) -> None:
    corrected = dataclasses.replace(change(field, "CME:67", "CME:68"), is_correction=True)
    event = event_of(corrected)
    assert (event.type, event.severity) == (EventType.CORRECTED, INFO)


def test_an_event_reads_as_a_line() -> None:
    of_product = event_of(change("multiplier", "10", "2", con_id=None, local_symbol=None))
    assert str(of_product) == "MULTIPLIER_CHANGED ES@CME 10 -> 2"
    moved = event_of(change("last_trade_date", "2026-12-18", "2026-12-17"))
    assert str(moved) == f"EXPIRY_MOVED {moved.local_symbol} 2026-12-18 -> 2026-12-17"
    assert str(event_of(change("listing", None, "listed"))).endswith(" listed")
    assert str(event_of(change("industry", None, "Index"))).endswith(" industry - -> Index")


def test_every_type_but_those_of_dates_comes_from_a_change() -> None:
    of_dates = {EventType.EXPIRED, EventType.NOTICE_NEAR, EventType.CUTOFF_NEAR}
    assert {kind for *_, kind, _ in CASES} == set(EventType) - of_dates
    assert {*TRACKED_OF_PRODUCT, *TRACKED_OF_CONTRACT} - {"remarks"} | {
        *("listing", "product", "replaced_by", "state", "market_rule"),
        *("odd_row", "dates_disagree", "no_longer_stated"),
        *DELIVERY_FACTS,
    } == RECORDED_FIELDS


def test_severities_rank_from_info_to_critical() -> None:
    assert INFO.rank < NOTICE.rank < CRITICAL.rank


def test_another_ladder_under_the_same_rule_is_a_critical_change_of_the_tick() -> None:
    step = PriceIncrement(low_edge=Decimal(0), increment=Decimal("0.250"))
    old = MarketRule(market_rule_id=67, increments=(step,))
    upper = PriceIncrement(low_edge=Decimal(100), increment=Decimal("0.5"))
    new = dataclasses.replace(old, increments=(step, upper))
    event = ladder_event(RecordedLadder(product=ES.key, old=old, new=new, at=NOW, run=None))
    assert (event.type, event.severity) == (EventType.TICK_CHANGED, CRITICAL)
    assert (event.field, event.old, event.new) == (
        *("market_rule", "67 0:0.25", "67 0:0.25,100:0.5"),
    )


def seen(**listing: datetime) -> ContractListing:
    return ContractListing(first_seen_at=NOW, last_seen_at=NOW, **listing)


@one_case(
    ("contract", "ends_at"),
    [
        (DECEMBER, datetime(2026, 12, 18, 14, 30, tzinfo=UTC)),
        (
            dataclasses.replace(MARCH, time_zone="America/Chicago"),
            datetime(2027, 3, 20, 5, tzinfo=UTC),
        ),
        (dataclasses.replace(MARCH, time_zone="Asia/Tokyo"), datetime(2027, 3, 19, 15, tzinfo=UTC)),
        (MARCH, datetime(2027, 3, 20, 12, tzinfo=UTC)),
    ],
)
def test_a_contract_expires_at_the_instant_trading_stops(
    contract: FuturesContract, ends_at: datetime
) -> None:
    ended = RecordedEnd(product=ES.key, contract=contract)
    assert end_of_trading(contract) == ends_at
    assert expiry_event(ended, ends_at - timedelta(seconds=1)) is None
    assert expiry_event(ended, ends_at) == Event(
        type=EventType.EXPIRED,
        severity=INFO,
        product=ES.key,
        con_id=contract.con_id,
        local_symbol=contract.local_symbol,
        field="state",
        old="active",
        new="expired",
        at=ends_at,
        run=None,
    )


def test_a_missing_contract_expires_and_a_delisted_one_does_not() -> None:
    now = datetime.combine(date(2027, 1, 1), datetime.min.time(), UTC)
    missing = dataclasses.replace(DECEMBER, listing=seen(missing_since=NOW))
    delisted = dataclasses.replace(DECEMBER, listing=seen(missing_since=NOW, delisted_at=NOW))
    found = expiry_event(RecordedEnd(product=ES.key, contract=missing), now)
    assert found is not None
    assert (found.old, found.new) == ("active", "expired")
    assert expiry_event(RecordedEnd(product=ES.key, contract=delisted), now) is None


def test_the_page_on_evidence_names_no_event_that_is_none() -> None:
    page = (Path(__file__).parents[4] / "docs" / "evidence.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z]{3,}(?:_[A-Z]+)*)`", page))
    assert len(named) > 10
    assert named <= set(EventType)
