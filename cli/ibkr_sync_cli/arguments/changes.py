"""What `changes` is asked for: a span of time or a run, and what of it matters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from ibkr_sync.domain.history.severity import Severity
from ibkr_sync_cli.units.moments import instant_text, parse_end, parse_first_moment

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.contracts import FuturesContract
    from ibkr_sync.domain.entities.futures import ProductKey

_LATELY = "7d"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesQuestion:
    """Which events are asked for.

    Attributes:
        since: aware instant; None where the events of a run are asked for.
        until: aware instant; None is the present, or where the events of a run are asked for.
        run: the run that saw them; None is any.
        severity: the least that is shown.
        alarm: the least that decides the exit code; None where none does.
        product: None is any.
        contract: None is any of the product.
    """

    since: datetime | None
    until: datetime | None
    run: int | None
    severity: Severity
    alarm: Severity | None
    product: ProductKey | None = None
    contract: FuturesContract | None = None


def changes_question(
    since: str | None,
    until: str | None,
    run: int | None,
    severity: Severity,
    alarm: Severity | None,
    *,
    now: datetime,
) -> ChangesQuestion:
    """Read what the options ask for; a span begins a week before its end unless said otherwise.

    Raises BadParameter for a span that ends before it begins, and for a span beside a run.
    """
    if run is not None:
        if since or until:
            raise typer.BadParameter("--run is a span of its own: leave out --since and --until")
        return ChangesQuestion(since=None, until=None, run=run, severity=severity, alarm=alarm)
    end = None if until is None else parse_end(until, now)
    begin = parse_first_moment(since, now) if since else parse_first_moment(_LATELY, end or now)
    if end is not None and end < begin:
        raise typer.BadParameter(f"{instant_text(end)} is before --since", param_hint="'--until'")
    return ChangesQuestion(since=begin, until=end, run=None, severity=severity, alarm=alarm)
