"""What changed of what is known of a contract's delivery, as history keeps it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from ibkr_sync.domain.entities.delivery import (
    DELIVERY_FACTS,
    Confidence,
    DeliveryDates,
    DeliverySource,
    Settlement,
)

if TYPE_CHECKING:
    from ibkr_sync.domain.evidence.chain_diff import FieldChange

_NOT_TO_BE: Final = "none"
_FACT: Final = re.compile(
    r"(?P<value>\S+) \((?P<confidence>[ABC]), (?P<source>.+), learnt (?P<day>[0-9-]{10})\)",
    re.ASCII | re.DOTALL,
)


def delivery_changes(
    con_id: int, before: DeliveryDates, after: DeliveryDates
) -> Iterator[FieldChange]:
    """Each fact that differs in value, source or confidence; the day it was learnt is no change.

    Its text has all of it: `2026-11-30 (A, rule: last bd of m-1, learnt 2026-11-02)`.
    """
    from ibkr_sync.domain.evidence.chain_diff import FieldChange

    for name in DELIVERY_FACTS:
        if _compared(before, name) != _compared(after, name):
            old, new = _fact_text(before, name), _fact_text(after, name)
            yield FieldChange(con_id=con_id, field=name, old=old, new=new)


def delivery_before(delivery: DeliveryDates, changes: Iterable[FieldChange]) -> DeliveryDates:
    """What was known before some changes of it, which are in their order.

    Raises ValueError for text that no fact has.
    """
    first: dict[str, str | None] = {}
    for change in changes:
        first.setdefault(change.field, change.old)
    values: dict[str, Any] = {}
    sources = {name: source for name, source in delivery.sources.items() if name not in first}
    for name, text in first.items():
        values[name] = None
        if text is not None:
            values[name], sources[name] = _read_fact(name, text)
    return dataclasses.replace(delivery, **values, sources=sources)


def is_other_day(old: str | None, new: str | None) -> bool:
    """Whether two texts of one date differ in the day itself, not only in who says it."""
    return (old or "").partition(" ")[0] != (new or "").partition(" ")[0]


def day_of_fact(text: str | None) -> date | None:
    """The day that history keeps of a date; None if it was not known, or not to be."""
    word = (text or _NOT_TO_BE).partition(" ")[0]
    return None if word == _NOT_TO_BE else date.fromisoformat(word)


def _compared(delivery: DeliveryDates, name: str) -> tuple[object, ...]:
    source = delivery.sources.get(name)
    return () if source is None else (getattr(delivery, name), source.source, source.confidence)


def _fact_text(delivery: DeliveryDates, name: str) -> str | None:
    """A fact as history keeps it; None if it is not known, `none` for what is known not to be."""
    source = delivery.sources.get(name)
    if source is None:
        return None
    value = getattr(delivery, name)
    words = _NOT_TO_BE if value is None else value
    return f"{words} ({source.confidence}, {source.source}, learnt {source.learnt_on})"


def _read_fact(name: str, text: str) -> tuple[date | Settlement | None, DeliverySource]:
    match = _FACT.fullmatch(text)
    if match is None:
        raise ValueError(f"not a fact of a delivery: {text!r}")
    value: date | Settlement | None = None
    if match["value"] != _NOT_TO_BE:
        is_settlement = name == "settlement"
        read = Settlement if is_settlement else date.fromisoformat
        value = read(match["value"])
    return value, DeliverySource(
        source=match["source"],
        confidence=Confidence(match["confidence"]),
        learnt_on=date.fromisoformat(match["day"]),
    )
