"""How products are brought up to date, and the run that does it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ibkr_sync.domain.runs.run_kind import RunKind

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.futures import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPolicy:
    """How a product is brought up to date.

    Attributes:
        include_expired: ask for expired contracts too.
        max_age: what was synced within this time is answered from the database.
        allow_shrink: accept a reply that lacks many contracts that are stored.
        dry_run: plan and show, write nothing.
        deadline: how long the run may take, in which what fails for a reason that passes is
            asked again and again; None for the source's own limit and `tries`.
        tries: how often a product is asked for in all while it fails for a reason that passes.
        kind: what the run is recorded as.
    """

    include_expired: bool = False
    max_age: timedelta | None = None
    allow_shrink: bool = False
    dry_run: bool = False
    deadline: timedelta | None = None
    tries: int = 1
    kind: RunKind = RunKind.GET


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRun:
    """A run that brings products up to date; `run_id` orders runs of one database.

    `unreported` are the runs before it whose processes died: it reports what they saw.
    """

    run_id: int
    origin: Origin
    started_at: datetime
    kind: RunKind = RunKind.GET
    unreported: tuple[int, ...] = ()
