"""A stored contract with its delivery, as it stands on a calendar of what ends when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedDay:
    """A date of a contract's delivery that became another day at an aware instant.

    None is a day that was not known, or that there is not.
    """

    at: datetime
    old: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveringContract:
    """A stored contract with what is stored of its delivery; its product is without a chain.

    Attributes:
        changed_days: how its dates became what they are, in order, by the name of their field.
    """

    product: Future
    contract: FuturesContract
    changed_days: Mapping[str, Sequence[ChangedDay]] = field(default_factory=dict, hash=False)
