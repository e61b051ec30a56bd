"""The days of a product's contracts on a line from today on, a track for each contract."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ibkr_sync.domain.delivery.expirations import Expiration, ExpirationKind
from ibkr_sync_cli.page.elements import drawing, element, percent
from ibkr_sync_cli.page.marks import date_mark, mark
from ibkr_sync_cli.page.phrases import day_text
from ibkr_sync_cli.views.products.expirations import EXPIRATION_WORDS

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from ibkr_sync.application.looking.overview import ProductOverview
    from ibkr_sync.domain.delivery.nearest_contract import NearestJudgement

_LANE, _MARGIN = 20, 4
_MOST_LANES, _MOST_DATES = 4, 60
_GAP_SHARE, _LETTER_SHARE = 0.05, 0.018
"""What the name of a contract takes of the width of a telephone, and each letter of it."""

_MONTH_SHARE = 0.08


@dataclass(frozen=True, slots=True)
class CalendarSpan:
    """The days that are drawn, from `first` on."""

    first: date
    days: int

    def share(self, day: date) -> float:
        """Where the middle of a day is, from 0 to 1; beyond it for days that are not drawn."""
        return ((day - self.first).days + 0.5) / self.days

    @property
    def months(self) -> Iterator[date]:
        """The first days of the months in it."""
        last = self.first + timedelta(days=self.days - 1)
        month = self.first.replace(day=1)
        while (month := (month + timedelta(days=31)).replace(day=1)) <= last:
            yield month


@dataclass(slots=True, kw_only=True)
class _Track:
    """The line of a contract: from where to where it reaches, and in which lane it is.

    Attributes:
        held: until where the nearest contract may be held; None of any other contract.
    """

    name: str
    marks: Sequence[tuple[float, ExpirationKind]]
    begin: float
    end: float
    held: float | None = None
    lane: int | None = None

    @property
    def name_share(self) -> float:
        """What its name takes of the width."""
        return _GAP_SHARE + _LETTER_SHARE * len(self.name)

    @property
    def is_named_before(self) -> bool:
        """Whether there is no room for the name behind it."""
        return self.end + self.name_share > 1

    @property
    def room(self) -> tuple[float, float]:
        """What it takes with its name."""
        if self.is_named_before:
            return self.begin - self.name_share, self.end
        return self.begin, self.end + self.name_share


def calendar_axis(span: CalendarSpan) -> Element:
    """The names of the months above all drawings."""
    names = (
        element("text", f"{month:%b}", x=percent(span.share(month)), y="12")
        for month in span.months
        if span.share(month) < 1 - _MONTH_SHARE
    )
    today = element("text", "today", x="0", y="12")
    first = [] if next(span.months, span.first) - span.first < timedelta(days=12) else [today]
    return element(
        "svg", *first, *names, width="100%", height="16", aria_hidden="true", class_="axis"
    )


def calendar_drawing(product: ProductOverview, span: CalendarSpan) -> Element:
    """What ends and what gives notice, and how long the nearest contract may be held."""
    expirations = product.expirations[:_MOST_DATES]
    tracks = _tracks(expirations, product.nearest, span)
    _give_lanes(tracks)
    lanes = 1 + max((track.lane or 0 for track in tracks), default=0)
    grid = (
        element("line", x1=x, x2=x, y1="0", y2="100%", class_="grid")
        for x in (percent(span.share(month)) for month in span.months)
    )
    shapes = (shape for track in tracks for shape in _shapes(track))
    height = lanes * _LANE + _MARGIN
    words = "; ".join(map(_date_in_words, expirations)) or "no date in this time"
    return drawing(words, *grid, *shapes, height=height, class_="calendar")


def _date_in_words(expiration: Expiration) -> str:
    name = expiration.delivering.contract.local_symbol
    return f"{name} {EXPIRATION_WORDS[expiration.kind]} {day_text(expiration.day)}"


def _tracks(
    expirations: Sequence[Expiration], nearest: NearestJudgement | None, span: CalendarSpan
) -> list[_Track]:
    """A track for each contract with a day that is drawn, that of the nearest first."""
    by_contract: defaultdict[int, list[Expiration]] = defaultdict(list)
    for expiration in expirations:
        by_contract[expiration.delivering.contract.con_id].append(expiration)
    tracks = []
    for con_id, items in by_contract.items():
        if nearest is None or con_id != nearest.contract.con_id:
            tracks.append(_track(items, span))
    if nearest is None:
        return tracks
    marks = _marks(by_contract.get(nearest.contract.con_id, ()), span)
    held = min(span.share(nearest.limit.last_day), 1.0)
    end = max((share for share, _ in marks), default=1.0)
    name = nearest.contract.local_symbol
    return [_Track(name=name, marks=marks, begin=0, end=max(end, held), held=held), *tracks]


def _track(items: Sequence[Expiration], span: CalendarSpan) -> _Track:
    marks = _marks(items, span)
    return _Track(
        name=items[0].delivering.contract.local_symbol,
        marks=marks,
        begin=min(share for share, _ in marks),
        end=max(share for share, _ in marks),
    )


def _marks(
    items: Sequence[Expiration], span: CalendarSpan
) -> Sequence[tuple[float, ExpirationKind]]:
    """What is drawn at which place; of two cut-offs on one day that of longs, which is larger."""
    long_days = {item.day for item in items if item.kind is ExpirationKind.LONG_CUTOFF}
    return [
        (min(max(span.share(item.day), 0.0), 1.0), item.kind)
        for item in items
        if item.kind is not ExpirationKind.SHORT_CUTOFF or item.day not in long_days
    ]


def _give_lanes(tracks: Sequence[_Track]) -> None:
    """Put each track into the first lane that has room; one without room has no name."""
    ends: list[float] = []
    for track in tracks:
        begin, end = track.room
        lane = next((lane for lane, used in enumerate(ends) if used <= begin), None)
        if lane is None and len(ends) < _MOST_LANES:
            lane = len(ends)
            ends.append(0)
        track.lane = lane
        if lane is not None:
            ends[lane] = end


def _shapes(track: _Track) -> Iterator[Element]:
    y = (track.lane if track.lane is not None else _MOST_LANES - 1) * _LANE + (_LANE + _MARGIN) / 2
    if track.begin < track.end != track.held:
        yield _line(track.begin, track.end, y, "track")
    if track.held is not None:
        yield _line(track.begin, track.held, y, "track held")
        if track.held == 1:
            yield mark("beyond", "100%", y)
    yield from (date_mark(kind, share, y) for share, kind in track.marks)
    if track.lane is not None:
        yield _name(track, y)


def _line(begin: float, end: float, y: float, class_: str) -> Element:
    height = f"{y:g}"
    return element("line", x1=percent(begin), x2=percent(end), y1=height, y2=height, class_=class_)


def _name(track: _Track, y: float) -> Element:
    """Behind its line; at the right edge before it, or on it where that is no place either."""
    place, anchor, shift = track.end, "start", 9
    if track.is_named_before:
        place, anchor, shift = track.begin, "end", -9
        if place < track.name_share:
            place, shift = track.end, -18
    class_ = "name" if track.held is None else "name nearest"
    return element(
        "text",
        track.name,
        x=percent(place),
        y=f"{y:g}",
        dx=str(shift),
        text_anchor=anchor,
        class_=class_,
    )
