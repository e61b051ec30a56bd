"""Moments as options take them, and as people and machines read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import typer

from ibkr_sync.domain.history import moments
from ibkr_sync.domain.history.moments import PastMoment

T = TypeVar("T")


def parse_first_moment(text: str, now: datetime) -> datetime:
    """Read --since (see the domain's `parse_first_moment`); raises BadParameter."""
    return _accepted("--since", moments.parse_first_moment, text, now)


def parse_end(text: str, now: datetime) -> datetime:
    """Read --until (see the domain's `parse_end`); raises BadParameter."""
    return _accepted("--until", moments.parse_end, text, now)


def parse_last_moment(text: str | None, now: datetime) -> PastMoment | None:
    """Read --as-of of what was stored (see the domain's `parse_last_moment`); None stays None."""
    if text is None:
        return None
    return _accepted("--as-of", moments.parse_last_moment, text, now)


def parse_moment(text: str, now: datetime) -> PastMoment:
    """Read --as-of of what is past or to come (see the domain's `parse_moment`)."""
    return _accepted("--as-of", moments.parse_moment, text, now)


def _accepted(option: str, parse: Callable[[str, datetime], T], text: str, now: datetime) -> T:
    try:
        return parse(text, now)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=f"'{option}'") from None


def instant_text(instant: datetime) -> str:
    """A UTC instant to the minute: `2026-11-23 12:05 UTC`."""
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def instant_value(instant: datetime | None) -> str | None:
    """An instant as machines read it, in UTC: `2026-11-23T12:05:00Z`; None stays None."""
    return None if instant is None else instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
