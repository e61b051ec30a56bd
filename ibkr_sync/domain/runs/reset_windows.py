"""When IBKR resets its servers, and which of those times a daily run may meet.

IBKR's own pages and those who automate its gateways publish times that differ; each window
spans all that was published for it. They may change, so they serve as advice, not as a rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

NEW_YORK = "America/New_York"
_FRIDAY = 4
_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetWindow:
    """A time of the day, or of one day of the week, at which a region's servers are reset.

    `weekday` counts from Monday as 0 and is the day on which the window begins, None for every
    day. A window that ends before it begins ends on the next day.
    """

    region: str
    zone: str
    begins: time
    ends: time
    weekday: int | None = None

    def meets(self, start: datetime, length: timedelta) -> bool:
        """Whether a run from the aware instant `start` on, of this length, may meet it."""
        zone, start = ZoneInfo(self.zone), start.astimezone(UTC)
        first = start.astimezone(zone).date() - timedelta(days=1)
        for day in (first + timedelta(days=number) for number in range(length.days + 4)):
            if self.weekday is not None and day.weekday() != self.weekday:
                continue
            last_day = day if self.begins < self.ends else day + timedelta(days=1)
            begins = datetime.combine(day, self.begins, zone)
            ends = datetime.combine(last_day, self.ends, zone)
            if begins < start + length and start < ends:
                return True
        return False

    def __str__(self) -> str:
        place = self.zone.rpartition("/")[2].replace("_", " ")
        day = " on Fridays" if self.weekday == _FRIDAY else ""
        return f"{self.region} {self.begins:%H:%M}-{self.ends:%H:%M} {place} time{day}"


RESET_WINDOWS = (
    ResetWindow(region="North America", zone=NEW_YORK, begins=time(23, 45), ends=time(1, 45)),
    ResetWindow(region="Europe", zone="Europe/Zurich", begins=time(5, 45), ends=time(7, 45)),
    ResetWindow(region="Asia", zone="Asia/Hong_Kong", begins=time(4, 45), ends=time(6, 5)),
    ResetWindow(region="Asia", zone="Asia/Hong_Kong", begins=time(20, 15), ends=time(21, 15)),
    ResetWindow(region="Asia", zone=NEW_YORK, begins=time(16, 30), ends=time(17)),
    ResetWindow(
        region="all regions", zone=NEW_YORK, begins=time(23), ends=time(3), weekday=_FRIDAY
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetTime:
    """A time of every day on the clock of a zone."""

    at: time
    zone: str

    def on(self, day: date) -> datetime:
        """The instant on a day; a time that the clocks skip is taken to be an hour later."""
        return datetime.combine(day, self.at, ZoneInfo(self.zone))

    def days(self, first: date) -> Iterator[datetime]:
        """The instants of a whole year."""
        return (self.on(first + timedelta(days=number)) for number in range(_DAYS))

    def is_changed(self, first: date) -> bool:
        """Whether its own clocks skip or repeat it in one night of the year."""
        return any(
            instant.utcoffset() != instant.replace(fold=1).utcoffset()
            for instant in self.days(first)
        )

    def seen_by(self, first: date, to_clock: Callable[[datetime], datetime]) -> Counter[time]:
        """The times that another clock shows then, with the days of a year on which it does.

        More than one where the two zones change their clocks on different days.
        """
        return Counter(
            to_clock(day).time().replace(second=0, microsecond=0) for day in self.days(first)
        )

    def __str__(self) -> str:
        return f"{self.at:%H:%M} {self.zone}"


def met_windows(starts: Iterable[datetime], length: timedelta) -> tuple[ResetWindow, ...]:
    """The windows that a run of this length from one of the instants on may meet."""
    instants = tuple(starts)
    return tuple(
        window
        for window in RESET_WINDOWS
        if any(window.meets(instant, length) for instant in instants)
    )
