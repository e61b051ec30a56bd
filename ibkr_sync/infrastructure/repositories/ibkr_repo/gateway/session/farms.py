"""Which of IBKR's data farms a gateway reaches, as far as its notices say."""

from __future__ import annotations

from ibkr_sync.domain.runs.diagnosis.gateway import FarmKind, FarmStatus

_FARM_NOTICES = {
    2103: (FarmKind.MARKET_DATA, True),
    2104: (FarmKind.MARKET_DATA, False),
    2105: (FarmKind.HISTORY, True),
    2106: (FarmKind.HISTORY, False),
    2107: (FarmKind.HISTORY, False),  # inactive, but there on demand
    2108: (FarmKind.MARKET_DATA, False),
    2119: (FarmKind.MARKET_DATA, False),  # connecting
    2157: (FarmKind.DEFINITIONS, True),
    2158: (FarmKind.DEFINITIONS, False),
}
"""What each code says of a farm, and whether it is down; the text ends with the farm's name."""

_MOST_FARMS = 100
_LONGEST_NAME = 40


class Farms:
    """The last that was said of each farm; written by one thread, read by others."""

    def __init__(self) -> None:
        self._statuses: dict[tuple[FarmKind, str], FarmStatus] = {}

    @property
    def statuses(self) -> tuple[FarmStatus, ...]:
        """What was said last of each, in the order in which they were first named."""
        return tuple(self._statuses.values())

    def note(self, code: int, text: str) -> None:
        """Take note of a notice, if it is about a farm."""
        if code not in _FARM_NOTICES:
            return
        kind, is_broken = _FARM_NOTICES[code]
        name = text.rpartition(":")[2].strip()[:_LONGEST_NAME] or "unnamed"
        if len(self._statuses) < _MOST_FARMS or (kind, name) in self._statuses:
            status = FarmStatus(kind=kind, name=name, is_broken=is_broken)
            self._statuses[kind, name] = status
