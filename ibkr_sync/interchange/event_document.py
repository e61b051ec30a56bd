"""Events as JSON has them, wherever they are sent or printed."""

from __future__ import annotations

from datetime import UTC

from ibkr_sync.domain.history.events import Event

EVENT_KEYS = (
    *("at", "severity", "type", "symbol", "exchange", "trading_class", "con_id", "local_symbol"),
    *("field", "old", "new", "run", "id"),
)
"""The keys of a record."""


def event_record(event: Event) -> dict[str, object]:
    """An event as a JSON object; `old` and `new` are text, `at` an instant in UTC."""
    return {
        "id": event.event_id,
        "type": event.type.value,
        "severity": event.severity.value,
        **event.product._asdict(),
        "con_id": event.con_id,
        "local_symbol": event.local_symbol,
        "field": event.field,
        "old": event.old,
        "new": event.new,
        "at": event.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "run": event.run,
    }
