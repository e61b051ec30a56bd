"""Tells of hours that can't be read: they are kept as sent, and no reason to refuse a reply."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.hours.contract_hours import HoursKind, hours_of

_log = logging.getLogger(__name__)


def report_unreadable_hours(contracts: Iterable[FuturesContract]) -> None:
    """Warn once of each text that can't be read, naming the first contract that came with it."""
    names: dict[str, list[str]] = defaultdict(list)
    for contract in contracts:
        if contract.time_zone is None:
            continue
        read = (hours_of(contract, kind) for kind in HoursKind)
        for problem in {each.problem for each in read if each and each.problem}:
            names[problem].append(contract.local_symbol)
    for problem, having in sorted(names.items()):
        others = f" and {len(having) - 1} more" if len(having) > 1 else ""
        _log.warning("%s%s: %s; kept as sent", having[0], others, problem)
