"""What happened to products and contracts, in every format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ibkr_sync.application.services.history import Chronicle
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.evidence.product_update import PRODUCT
from ibkr_sync.domain.history.events import Event, EventType
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync_cli.terminal.output import Result

if TYPE_CHECKING:
    from rich.console import RenderableType

COLUMNS = (
    *("at", "severity", "type", "symbol", "exchange", "trading_class", "con_id", "local_symbol"),
    *("field", "old", "new", "run"),
)

_STYLES = {Severity.INFO: "", Severity.NOTICE: "yellow", Severity.CRITICAL: "red"}
_TOLD_BY_TYPE = frozenset(
    (
        *("listing", "state", "last_trade_date", "last_trade_at", "multiplier"),
        *(
            "price_magnifier",
            "min_tick",
            "exchange",
            "symbol",
            "currency",
            "time_zone",
            "trading_class",
            "local_symbol",
        ),
        *("contract_month", "venues", "underlying", "name", PRODUCT),
    )
)
"""Fields that the type of their event names well enough."""


def changes_result(
    events: Sequence[Event], since: datetime, until: datetime, *, is_sample: bool = False
) -> Result:
    """What happened in a span of time, to any product."""
    document = {
        "schema": "ibkr-sync/changes/1",
        "since": _instant(since),
        "until": _instant(until),
        "events": [event_record(each) for each in events],
    }
    return _result(events, document, lambda: _changes_table(events, since, is_sample=is_sample))


def history_result(chronicle: Chronicle, events: Sequence[Event], origin: Origin) -> Result:
    """What happened to one product or contract; `events` are those of it that are shown.

    `origin` is that of the product.
    """
    symbol, exchange, trading_class = chronicle.product
    contract = chronicle.contract
    document = {
        "schema": "ibkr-sync/history/1",
        "symbol": symbol,
        "exchange": exchange,
        "trading_class": trading_class,
        "con_id": contract and contract.con_id,
        "local_symbol": contract and contract.local_symbol,
        "first_seen_at": _instant(chronicle.first_seen_at),
        "origin": origin.value,
        "events": [event_record(each) for each in events],
    }
    return _result(events, document, lambda: _history_table(chronicle, events, origin))


def event_record(event: Event) -> dict[str, object]:
    """An event as JSON has it; old and new are text."""
    return {
        "type": event.type.value,
        "severity": event.severity.value,
        "symbol": event.product.symbol,
        "exchange": event.product.exchange,
        "trading_class": event.product.trading_class,
        "con_id": event.con_id,
        "local_symbol": event.local_symbol,
        "field": event.field,
        "old": event.old,
        "new": event.new,
        "at": _instant(event.at),
        "run": event.run,
    }


def _result(
    events: Sequence[Event], document: Mapping[str, object], table: Callable[[], RenderableType]
) -> Result:
    return Result(
        table=table,
        document=lambda: document,
        records=lambda: [event_record(each) for each in events],
        columns=COLUMNS,
        rows=lambda: [
            {key: "" if value is None else str(value) for key, value in event_record(each).items()}
            for each in events
        ],
    )


def _changes_table(events: Sequence[Event], since: datetime, *, is_sample: bool) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from ibkr_sync_cli.views.cells import marked

    counts = Counter(each.severity for each in events)
    footer = (
        _count(len(events), "event"),
        f"since {since:%Y-%m-%d %H:%M} UTC",
        *(f"{counts[each]} {each}" for each in reversed(Severity) if counts[each]),
    )
    told = Text(" · ".join(footer), style="dim")
    return Group(_events_table(events), marked(told, is_sample=is_sample))


def _history_table(chronicle: Chronicle, events: Sequence[Event], origin: Origin) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from ibkr_sync_cli.views.cells import SAMPLE_TAG

    contract = chronicle.contract
    title = Text(str(chronicle.product))
    if contract is not None:
        title = Text.assemble((contract.local_symbol, "bold"), "  ", title)
    if origin is Origin.SAMPLE:
        title.append("  ").append_text(SAMPLE_TAG)
    first_seen = f"first seen {chronicle.first_seen_at:%Y-%m-%d %H:%M} UTC"
    footer = Text(f"{_count(len(events), 'event')} · {first_seen}", style="dim")
    return Group(title, _events_table(events, of_one=contract is not None), footer)


def _events_table(events: Sequence[Event], *, of_one: bool = False) -> RenderableType:
    """A line per event; what it happened to is left out where that is one contract."""
    from rich.text import Text

    from ibkr_sync_cli.views.cells import plain_table

    table = plain_table(
        *(("Seen (UTC)", False), ("Severity", False), ("Type", False)),
        *([] if of_one else [("What", False)]),
        *(("Change", False), ("Run", True)),
        shrinks="Change",
    )
    for each in events:
        cells = (
            *(f"{each.at:%Y-%m-%d %H:%M}", each.severity.value, each.type.value),
            *([] if of_one else [_subject(each)]),
        )
        run = Text("-" if each.run is None else str(each.run))
        style = _STYLES[each.severity]
        table.add_row(*map(Text, cells), Text(_told(each)), run, style=style)
    return table


def _subject(event: Event) -> str:
    if event.local_symbol is not None:
        return event.local_symbol
    symbol, exchange, trading_class = event.product
    return f"{symbol}@{exchange}" if trading_class == symbol else trading_class


def _told(event: Event) -> str:
    """The change, with the field where the type of the event does not tell it."""
    if event.field in _TOLD_BY_TYPE:
        return _change(event)
    return f"{event.field}: {_change(event)}"


def _change(event: Event) -> str:
    if event.type is EventType.NEW:
        is_product = event.con_id is None
        return _count(int(event.new or 0), "contract") if is_product else "first seen"
    if event.field == "venues":
        before, after = (text.split(",") if text else [] for text in (event.old, event.new))
        gone = [f"-{each}" for each in before if each not in after]
        added = [f"+{each}" for each in after if each not in before]
        if gone or added:
            return " ".join(gone + added)
    old, new = event.old or "-", event.new or "-"
    if event.field == "last_trade_at":
        old, new = (text.replace("T", " ")[: len("2026-12-18 14:30")] for text in (old, new))
    return f"{old} → {new}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
