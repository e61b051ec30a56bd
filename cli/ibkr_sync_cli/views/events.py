"""What happened to products and contracts, in every format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ibkr_sync.application.services.history import HistoryReport
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.evidence.product_update import PRODUCT
from ibkr_sync.domain.evidence.remarks import REMARK_FIELDS
from ibkr_sync.domain.evidence.replacement import REPLACED_BY
from ibkr_sync.domain.history.events import LADDER, Event, EventType
from ibkr_sync.domain.untrusted_text import harmless_line
from ibkr_sync.interchange.event_document import EVENT_KEYS, event_record
from ibkr_sync_cli.arguments.changes import ChangesQuestion
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.field_phrases import field_phrase, rule_in_words
from ibkr_sync_cli.units.moments import instant_text, instant_value
from ibkr_sync_cli.units.product_names import short_product_text
from ibkr_sync_cli.units.quantities import quantity_of
from ibkr_sync_cli.views.cells import SEVERITY_STYLES, sample_tag, severity_counts
from ibkr_sync_cli.views.records import Record, records_view
from ibkr_sync_cli.views.tables import ItemsTable, TableColumn, items_table

if TYPE_CHECKING:
    from rich.console import RenderableType

_TICK = "min_tick"
_NEAR = (EventType.NOTICE_NEAR, EventType.CUTOFF_NEAR)

_SAID_BY_TYPE = frozenset(
    (
        *REMARK_FIELDS,
        *("listing", "state", "last_trade_date", "last_trade_at", "multiplier"),
        *("price_magnifier", _TICK, "exchange", "symbol", "currency", "time_zone"),
        *("trading_class", "local_symbol"),
        *("contract_month", "venues", "underlying", "name", PRODUCT, "closed_at", REPLACED_BY),
    )
)
"""Fields that the type of their event names well enough."""


def changed_events_view(
    events: Sequence[Event], asked: ChangesQuestion, now: datetime, *, is_sample: bool = False
) -> Result:
    """What happened in a span of time, or what a run saw, to any product."""
    is_span = asked.run is None
    return _result(
        events,
        lambda: _changes_table(events, asked, is_sample=is_sample),
        schema="ibkr-sync/changes/1",
        head={
            "since": instant_value(asked.since),
            "until": instant_value((asked.until or now) if is_span else None),
            "run": asked.run,
        },
    )


def past_events_view(chronicle: HistoryReport, events: Sequence[Event], origin: Origin) -> Result:
    """What happened to one product or contract; `events` are those of it that are shown.

    `origin` is that of the product.
    """
    contract = chronicle.contract
    head = {
        **chronicle.product._asdict(),
        "con_id": contract and contract.con_id,
        "local_symbol": contract and contract.local_symbol,
        "first_seen_at": instant_value(chronicle.first_seen_at),
        "origin": origin.value,
    }
    return _result(
        events,
        lambda: _history_table(chronicle, events, origin),
        schema="ibkr-sync/history/1",
        head=head,
    )


def _result(
    events: Sequence[Event], table: Callable[[], RenderableType], *, schema: str, head: Record
) -> Result:
    return records_view(
        events, event_record, EVENT_KEYS, table, schema=schema, name="events", head=head
    )


def period_text(asked: ChangesQuestion) -> str:
    """What is asked for: `in run 17`, `since 2026-11-22 16:07 UTC`, with its end if it has one."""
    if asked.since is None:
        return f"in run {asked.run}"
    begin = f"since {instant_text(asked.since)}"
    return begin if asked.until is None else f"{begin} until {instant_text(asked.until)}"


def without_repeats(events: Iterable[Event]) -> list[Event]:
    """The events, without the tick ladders that say what the tick of their product says already.

    People get one line of what is two events, as every format for programs has it.
    """
    every = list(events)
    ticks = {
        (event.run, event.product, event.old, event.new)
        for event in every
        if event.field == _TICK and event.type is EventType.TICK_CHANGED
    }
    return [
        event
        for event in every
        if event.field != LADDER
        or (event.run, event.product, _ladder(event.old), _ladder(event.new)) not in ticks
    ]


def run_events_table(events: Sequence[Event]) -> ItemsTable[Event]:
    """What a run saw, a line per event."""
    return _events_table(events, of_run=True)


def _changes_table(
    every: Sequence[Event], asked: ChangesQuestion, *, is_sample: bool
) -> ItemsTable[Event]:
    events = without_repeats(every)
    footer = (
        quantity_of(len(events), "event"),
        period_text(asked),
        *severity_counts(event.severity for event in events),
    )
    return _events_table(events, footer=footer, is_sample=is_sample)


def _history_table(
    chronicle: HistoryReport, every: Sequence[Event], origin: Origin
) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    events = without_repeats(every)
    contract = chronicle.contract
    title = Text(str(chronicle.product))
    if contract is not None:
        title = Text.assemble((harmless_line(contract.local_symbol), "bold"), "  ", title)
    if origin is Origin.SAMPLE:
        title.append("  ").append_text(sample_tag())
    first_seen = f"first seen {chronicle.first_seen_at:%Y-%m-%d %H:%M} UTC"
    footer = [f"{quantity_of(len(events), 'event')} · {first_seen}"]
    return Group(title, _events_table(events, of_one=contract is not None, footer=footer))


def _events_table(
    events: Sequence[Event],
    *,
    of_one: bool = False,
    of_run: bool = False,
    footer: Iterable[str] = (),
    is_sample: bool = False,
) -> ItemsTable[Event]:
    """A line per event; left out is what all have in common, as one contract or one run."""
    contracts = {(event.local_symbol, event.con_id) for event in events if event.local_symbol}
    counts = Counter(local_symbol for local_symbol, _ in contracts)
    shared = {local_symbol for local_symbol, count in counts.items() if count > 1}  # decades apart

    def con_id(event: Event) -> int | None:
        return event.con_id if event.local_symbol in shared else None

    columns: list[TableColumn[Event] | None] = [
        None if of_run else TableColumn("Seen (UTC)", lambda item: f"{item.at:%Y-%m-%d %H:%M}"),
        TableColumn("Severity", lambda item: item.severity.value),
        TableColumn("Type", lambda item: item.type.value),
        None if of_one else TableColumn("What", event_subject),
        TableColumn("conId", con_id, right=True) if shared else None,
        TableColumn("Change", change_text, fit="wrap"),
        None if of_run else TableColumn("Run", lambda item: item.run, right=True),
    ]
    return items_table(
        events,
        columns,
        style=lambda item: SEVERITY_STYLES[item.severity],
        footer=footer,
        is_sample=is_sample,
    )


def event_subject(event: Event) -> str:
    """What it happened to, in a word: a contract, else its product."""
    named = event.local_symbol
    return short_product_text(event.product) if named is None else named


def change_text(event: Event) -> str:
    """The change, with the field where the type of the event does not tell it."""
    if event.field in _SAID_BY_TYPE:
        return _change(event)
    if event.field == LADDER:
        return f"{field_phrase(LADDER)}: {_ladder(event.old) or '-'} → {_ladder(event.new) or '-'}"
    if event.type in _NEAR and event.old is None:
        return f"{field_phrase(event.field)} {_change(event)}"
    return f"{field_phrase(event.field)}: {_change(event)}"


def _change(event: Event) -> str:
    if event.type is EventType.NEW:
        is_product = event.con_id is None
        return quantity_of(int(event.new or 0), "contract") if is_product else "first seen"
    if event.field in REMARK_FIELDS:
        return event.new or f"no longer: {event.old}"
    if event.type in _NEAR and event.old is None:
        return event.new or "-"
    if event.field == REPLACED_BY:
        return f"conId {event.old} → {event.new}"
    if event.field == "venues":
        before, after = (text.split(",") if text else [] for text in (event.old, event.new))
        gone = [f"-{other}" for other in before if other not in after]
        added = [f"+{other}" for other in after if other not in before]
        if gone or added:
            return " ".join(gone + added)
    old, new = (rule_in_words(text or "-") for text in (event.old, event.new))
    if event.field == "last_trade_at":
        old, new = (text.replace("T", " ")[: len("2026-12-18 14:30")] for text in (old, new))
    return f"{old} → {new}"


def _ladder(text: str | None) -> str | None:
    """The steps of a tick ladder: `0.01`, or `0.01 from 0, 0.05 from 3`; None if not known."""
    if text is None:
        return None
    steps = [step.split(":") for step in text.partition(" ")[2].split(",")]
    if len(steps) == 1:
        return steps[0][-1]
    return ", ".join(f"{increment} from {edge}" for edge, increment in steps)
