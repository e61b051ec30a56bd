"""The port to hours of days that the current window may no longer reach."""

from __future__ import annotations

from abc import abstractmethod
from datetime import date
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.futures import ProductKey
    from ibkr_sync.domain.hours.hours_by_day import DayHours


class KeptHours(Protocol):
    """Hours by day; written with the product, when it is stored."""

    @abstractmethod
    def hours_by_day(self, key: ProductKey) -> dict[date, DayHours]:
        """Give what was last said of each day, in order; empty when nothing is kept.

        Raises StorageError.
        """
