"""Port to the holidays of exchanges."""

from __future__ import annotations

from abc import abstractmethod
from datetime import date
from typing import Protocol


class BusinessCalendar(Protocol):
    """Knows on which days exchanges settle."""

    @abstractmethod
    def is_business_day(self, day: date, market: str) -> bool:
        """Whether the exchanges of a market settle that day; raises KeyError for no such market.

        Markets: us, canada, mexico, uk, us_uk (open in both), europe, euronext, italy, spain,
        ice_energy, japan, hong_kong, singapore, korea, india, australia, and weekdays where no
        calendar is known. Days of mourning, on which only US stocks don't trade, count.
        """
