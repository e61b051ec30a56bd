"""What changed of what is known of a contract's delivery, as history keeps it."""

from __future__ import annotations

from collections.abc import Iterator

from ibkr_sync.domain.entities.delivery import DELIVERY_FACTS, DeliveryDates
from ibkr_sync.domain.evidence.chain_diff import FieldChange


def delivery_changes(
    con_id: int, before: DeliveryDates, after: DeliveryDates
) -> Iterator[FieldChange]:
    """Each fact that differs in value, source or confidence; the day it was learnt is no change.

    Its text is the value with the confidence and the source: `2026-11-30 A rule: last bd of m-1`.
    """
    for name in DELIVERY_FACTS:
        old, new = fact_text(before, name), fact_text(after, name)
        if old != new:
            yield FieldChange(con_id=con_id, field=name, old=old, new=new)


def fact_text(delivery: DeliveryDates, name: str) -> str | None:
    """A fact as history keeps it; None if it is not known, `none` for what is known not to be."""
    source = delivery.sources.get(name)
    if source is None:
        return None
    value = getattr(delivery, name)
    return f"{'none' if value is None else value} {source.confidence} {source.source}"
