"""A week of nights in which things change: the sample of each night, with what `week.csv` says.

A line changes something from a night on (`gateway` in that night alone). `contract` is a place in
the chain of the first night, from its front (1) or its end (-1); without one the line replaces a
column of `products.csv`.
"""

from __future__ import annotations

import csv
import dataclasses
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources

from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.ports.business_calendar import BusinessCalendar
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.replay.rows import ContractRow
from ibkr_sync.infrastructure.replay.sample import recording_of
from ibkr_sync.infrastructure.replay.sample.contracts import sample_con_id
from ibkr_sync.infrastructure.replay.sample.listing import listed_contracts
from ibkr_sync.infrastructure.replay.sample.products import SampleProduct, sample_products
from ibkr_sync.infrastructure.replay.serving.server import ReplayGateway

_NIGHTS = 7
_NIGHTLY_AT = time(23, 30)
"""In UTC."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleNight:
    """What TWS would answer one night; `at` is a UTC instant. Without a recording it is away."""

    at: datetime
    recording: Recording | None

    @contextmanager
    def serve(self, clock: Callable[[], datetime]) -> Iterator[tuple[str, int]]:
        """Give the host and port of the night's gateway; one that is away refuses connections."""
        if self.recording is None:
            with socket.socket() as deaf:  # bound, and never listening
                deaf.bind((ReplayGateway.host, 0))
                yield deaf.getsockname()
        else:
            with ReplayGateway(self.recording, now=clock) as gateway:
                yield gateway.host, gateway.port


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    night: int
    trading_class: str
    contract: int | None
    changes: str
    to: str


class SampleWeek:
    """The last seven nights before a UTC instant, the oldest first.

    Attributes:
        symbols: trading classes of the products that the week is about.
    """

    symbols = ("ES", "CL", "GC", "VX")

    def __init__(self, now: datetime, calendar: BusinessCalendar) -> None:
        self._calendar = calendar
        self._products = [
            product for product in sample_products() if product.trading_class in self.symbols
        ]
        today = datetime.combine(now.date(), _NIGHTLY_AT, UTC)
        last = today if today < now else today - _DAY
        instants = [last - _DAY * other for other in reversed(range(_NIGHTS))]
        script = _script()
        self._changes = [change for change in script if change.contract is None]
        self._con_ids = {
            self._con_id(change, instants[0].date()): change for change in script if change.contract
        }
        self.nights = tuple(
            SampleNight(at=at, recording=self._recording(number, at.date()))
            for number, at in enumerate(instants, start=1)
        )

    def _recording(self, night: int, day: date) -> Recording | None:
        if any(change.changes == "gateway" and change.night == night for change in self._changes):
            return None
        sample = recording_of(
            [self._product(product, night) for product in self._products], day, self._calendar
        )
        rows = (self._row(row, night) for row in sample.contracts)
        return dataclasses.replace(sample, contracts=tuple(row for row in rows if row is not None))

    def _product(self, product: SampleProduct, night: int) -> SampleProduct:
        columns = {
            change.changes: change.to
            for change in self._changes
            if change.trading_class == product.trading_class and change.night <= night
        }
        return dataclasses.replace(product, number=product.number, **columns)

    def _row(self, row: ContractRow, night: int) -> ContractRow | None:
        change = self._con_ids.get(row.con_id)
        if change is None or change.night > night:
            return row
        (product,) = (other for other in self._products if other.symbol == row.symbol)
        return _changed(row, change, BusinessDays(self._calendar, product.market))

    def _con_id(self, change: _Change, first_day: date) -> str:
        (product,) = (
            other for other in self._products if other.trading_class == change.trading_class
        )
        place = change.contract or 0
        chain = listed_contracts(product, self._calendar, first_day)
        return str(sample_con_id(product, chain[place if place < 0 else place - 1]))


def _changed(row: ContractRow, change: _Change, days: BusinessDays) -> ContractRow | None:
    """The row with its change; None if it is listed no more. Raises ValueError for any other."""
    match change.changes, change.to:
        case "listed", "no":
            return None
        case "last_trade_date", "1 bd before":
            before = row.last_trade_date
            day = days.before(datetime.strptime(before, "%Y%m%d").date(), 1)  # noqa: DTZ007 - a date
            text = row.last_trade_date_or_contract_month.replace(before, f"{day:%Y%m%d}")
            return dataclasses.replace(
                row,
                last_trade_date_or_contract_month=text,
                last_trade_date=f"{day:%Y%m%d}",
                real_expiration_date=f"{day:%Y%m%d}",
            )
        case _:
            raise ValueError(f"no such change of a contract: {change}")


def _script() -> tuple[_Change, ...]:
    table = resources.files(__package__).joinpath("week.csv").read_text(encoding="utf-8")
    return tuple(
        _Change(
            night=int(row["night"]),
            trading_class=row["trading_class"],
            contract=int(row["contract"]) if row["contract"] else None,
            changes=row["changes"],
            to=row["to"],
        )
        for row in csv.DictReader(table.splitlines())
    )
