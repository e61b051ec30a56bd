"""Events as they look on a terminal of 80 columns, and as machines read them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta

import pytest

from example_products import DECEMBER, ES, NOW
from ibkr_sync.application.services.history import HistoryReport
from ibkr_sync.domain.entities.futures import Origin, ProductKey
from ibkr_sync.domain.history.events import Event, EventType
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync.interchange.event_document import EVENT_KEYS
from ibkr_sync_cli.arguments.changes import changes_question
from ibkr_sync_cli.terminal.output import Output, OutputFormat, Result
from ibkr_sync_cli.views.events import changed_events_view, past_events_view

Draw = Callable[[Result], list[str]]

SINCE = NOW - timedelta(days=7)
ASKED = changes_question(None, None, None, Severity.INFO, None, now=NOW)
MULTIPLIER = Event(
    type=EventType.MULTIPLIER_CHANGED,
    severity=Severity.CRITICAL,
    product=ES.key,
    con_id=DECEMBER.con_id,
    local_symbol="ESZ6",
    field="multiplier",
    old="50",
    new="5",
    at=NOW,
    run=12,
)


@pytest.fixture
def draw(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Draw:
    """Draw a result as a terminal of 80 columns shows it; gives its lines."""
    monkeypatch.setenv("COLUMNS", "80")

    def drawn(result: Result) -> list[str]:
        Output().write(result, OutputFormat.TABLE)
        lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
        assert max(map(len, lines)) <= 80
        return lines

    return drawn


def event(**changes: object) -> Event:
    return dataclasses.replace(MULTIPLIER, **changes)  # type: ignore[arg-type]


def of_product(**changes: object) -> Event:
    return event(con_id=None, local_symbol=None, **changes)


@pytest.mark.parametrize(
    ("shown", "cells"),
    [
        (MULTIPLIER, "critical MULTIPLIER_CHANGED ESZ6 50 → 5 12"),
        (of_product(), "critical MULTIPLIER_CHANGED ES@CME 50 → 5 12"),
        (
            of_product(product=ProductKey("DAX", "EUREX", "FDXM"), old=None),
            "critical MULTIPLIER_CHANGED FDXM - → 5 12",
        ),
        (
            of_product(type=EventType.NEW, severity=Severity.INFO, field="product", new="21"),
            "info NEW ES@CME 21 contracts 12",
        ),
        (
            event(type=EventType.NEW, severity=Severity.INFO, field="listing", new="listed"),
            "info NEW ESZ6 first seen 12",
        ),
        (
            event(type=EventType.MISSING, field="listing", old="listed", new="missing"),
            "critical MISSING ESZ6 listed → missing 12",
        ),
        (
            event(type=EventType.EXPIRED, field="state", old="active", new="expired", run=None),
            "critical EXPIRED ESZ6 active → expired -",
        ),
        (
            event(type=EventType.ODD_ROW, field="odd_row", old=None, new="conId 7 minTick: '0'"),
            "critical ODD_ROW ESZ6 conId 7 minTick: '0' 12",
        ),
        (
            event(type=EventType.FIELD_CHANGED, field="industry", old=None, new="Indices"),
            "critical FIELD_CHANGED ESZ6 industry: - → Indices 12",
        ),
        (
            event(type=EventType.VENUES_CHANGED, field="venues", old="CME:67,A", new="CME:68,A,B"),
            "critical VENUES_CHANGED ESZ6 -CME:67 +CME:68 +B 12",
        ),
        (
            event(
                type=EventType.EXPIRY_MOVED,
                field="last_trade_at",
                old="2026-12-18T14:30:00+00:00",
                new=None,
            ),
            "critical EXPIRY_MOVED ESZ6 2026-12-18 14:30 → - 12",
        ),
        (
            event(
                type=EventType.NOTICE_NEAR, field="first_notice_date", old=None, new="2026-11-30"
            ),
            "critical NOTICE_NEAR ESZ6 first notice 2026-11-30 12",
        ),
        (
            event(type=EventType.VENUES_CHANGED, field="venues", old="A,B", new="B,A"),
            "critical VENUES_CHANGED ESZ6 A,B → B,A 12",
        ),
    ],
)
def test_an_event_is_a_line(draw: Draw, shown: Event, cells: str) -> None:
    _, _, line, _ = draw(changed_events_view([shown], ASKED, NOW))
    assert " ".join(line.split()) == f"2026-11-23 12:00 {cells}"


@pytest.mark.parametrize(
    "kind", sorted(set(EventType) - {EventType.NEW, EventType.NOTICE_NEAR, EventType.CUTOFF_NEAR})
)
def test_no_event_is_wider_than_the_terminal_or_loses_what_it_is_about(
    draw: Draw, kind: EventType
) -> None:
    widest = event(
        type=kind,
        local_symbol="FDAX 20261218 M",
        field="real_expiration_date",
        old="77 " * 8,
        new="99 " * 8,
        run=98765,
    )
    lines = draw(changed_events_view([widest], ASKED, NOW))[2:-1]
    assert lines[0].startswith("2026-11-23 12:00")
    for kept in ("critical", "FDAX 20261218 M", "98765"):
        assert kept in lines[0]
    shown = " ".join(lines)
    assert (shown.count("77"), shown.count("99")) == (8, 8)


def test_contracts_of_one_local_symbol_have_their_con_id_and_no_other(draw: Draw) -> None:
    near, far = (event(local_symbol="CLG7", con_id=con_id) for con_id in (123456789, 987654321))
    lines = draw(changed_events_view([near, far, far, MULTIPLIER, of_product()], ASKED, NOW))[2:-1]
    assert [" ".join(line.split("MULTIPLIER_CHANGED")[1].split()) for line in lines] == [
        "CLG7 123456789 50 → 5 12",
        *(["CLG7 987654321 50 → 5 12"] * 2),
        "ESZ6 - 50 → 5 12",
        "ES@CME - 50 → 5 12",
    ]


def test_what_matters_most_is_counted_first(draw: Draw) -> None:
    events = [event(severity=item) for item in (*Severity, Severity.INFO)]
    footer = draw(changed_events_view(events, ASKED, NOW))[-1]
    assert footer == ("4 events · since 2026-11-16 12:00 UTC · 1 critical · 1 notice · 2 info")


def test_a_tick_and_the_ladder_that_says_the_same_are_one_line(draw: Draw) -> None:
    tick = of_product(type=EventType.TICK_CHANGED, field="min_tick", old="0.05", new="0.01")
    ladder = of_product(
        type=EventType.TICK_CHANGED, field="market_rule", old="9 0:0.05", new="9 0:0.01"
    )
    other = dataclasses.replace(ladder, new="9 0:0.02")
    alone = dataclasses.replace(ladder, run=13)
    result = changed_events_view([tick, ladder, other, alone], ASKED, NOW)
    *_, first, second, third, footer = draw(result)
    assert len(list(result.records())) == 4
    assert [line.split()[5:-1] for line in (first, second, third)] == [
        ["0.05", "→", "0.01"],
        ["tick", "ladder:", "0.05", "→", "0.02"],
        ["tick", "ladder:", "0.05", "→", "0.01"],
    ]
    assert footer.startswith("3 events · ")
    steps = dataclasses.replace(ladder, old="9 0:0.05,3:0.1")
    *_, above, below, _ = draw(changed_events_view([steps], ASKED, NOW))
    assert " ".join(f"{above[:-3]} {below}".split()).endswith(
        "tick ladder: 0.05 from 0, 0.1 from 3 → 0.01"
    )


def test_the_history_of_a_contract_names_it_once(draw: Draw) -> None:
    chronicle = HistoryReport(
        product=ES.key, contract=DECEMBER, first_seen_at=SINCE, events=(MULTIPLIER,)
    )
    title, _, _, line, footer = draw(past_events_view(chronicle, chronicle.events, Origin.IBKR))
    assert title == "ESZ6  ES@CME (ES)"
    assert "ESZ6" not in line
    assert footer == "1 event · first seen 2026-11-16 12:00 UTC"


def test_the_history_of_a_product_names_each_contract(draw: Draw) -> None:
    chronicle = HistoryReport(product=ES.key, first_seen_at=SINCE, events=(MULTIPLIER,))
    result = past_events_view(chronicle, chronicle.events, Origin.IBKR)
    title, _, _, line, _ = draw(result)
    assert title == "ES@CME (ES)"
    assert "ESZ6" in line
    document = result.document()
    assert isinstance(document, dict)
    assert (document["con_id"], document["local_symbol"]) == (None, None)
    assert document["first_seen_at"] == "2026-11-16T12:00:00Z"
    assert document["origin"] == "ibkr"


def test_what_reports_sample_data_is_marked(draw: Draw) -> None:
    chronicle = HistoryReport(product=ES.key, first_seen_at=SINCE, events=(MULTIPLIER,))
    title, *_ = draw(past_events_view(chronicle, chronicle.events, Origin.SAMPLE))
    footer = draw(changed_events_view([MULTIPLIER], ASKED, NOW, is_sample=True))[-1]
    assert title == "ES@CME (ES)  SAMPLE DATA"
    assert footer.startswith("SAMPLE DATA  1 event · since")


def test_a_footer_breaks_between_its_counts(draw: Draw) -> None:
    asked = dataclasses.replace(ASKED, until=NOW)
    events = [event(severity=item) for item in Severity]
    *_, above, below = draw(changed_events_view(events, asked, NOW, is_sample=True))
    assert above.startswith("SAMPLE DATA  3 events · since")
    assert below == "1 critical · 1 notice · 1 info"


def test_rows_have_every_column_and_nothing_for_what_is_not_known() -> None:
    (row,) = changed_events_view([of_product(run=None, old=None)], ASKED, NOW).rows()
    assert tuple(sorted(row)) == tuple(sorted(EVENT_KEYS))
    assert (row["con_id"], row["local_symbol"], row["old"], row["run"]) == ("", "", "", "")
    assert (row["at"], row["new"]) == ("2026-11-23T12:00:00Z", "5")
