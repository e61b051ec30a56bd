"""Answers that are sequences, and become typed tables on request."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Self, TypeVar, overload

from ibkr_sync.domain.delivery.expirations import Expiration
from ibkr_sync.domain.delivery.rolls import Roll
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.history.events import Event

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from ibkr_sync.interchange.frames.columns import Row
    from ibkr_sync.interchange.frames.frame import Frame

T = TypeVar("T")


class Table(Sequence[T]):
    """A sequence of entities, each of which is a row of a table.

    Numbers in rows are Decimal, dates `date`, instants `datetime` in UTC, and None is not known.
    """

    def __init__(self, items: Iterable[T]) -> None:
        self._items = tuple(items)

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> Self: ...

    def __getitem__(self, index: int | slice) -> T | Self:
        return self._sliced(index) if isinstance(index, slice) else self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self)}>"

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows, as a mapping from the name of a column to a value each."""
        return self._frame.rows

    def to_arrow(self) -> pa.Table:
        """The table of Arrow, with a type for each column; raises FrameError.

        Numbers are `decimal128(38, 18)`, instants `timestamp('us', tz='UTC')`. It needs the extra
        `parquet`.
        """
        return self._frame.to_arrow()

    def to_pandas(self) -> pd.DataFrame:
        """The data frame of pandas, with a type for each column; raises FrameError.

        Numbers are Decimals in columns of type `object`: `astype(float)` computes with them.
        """
        return self._frame.to_pandas()

    def to_polars(self) -> pl.DataFrame:
        """The data frame of polars, with a type for each column; raises FrameError.

        Numbers are `Decimal(38, 18)`, instants `Datetime("us", "UTC")`.
        """
        return self._frame.to_polars()

    def _sliced(self, part: slice) -> Self:
        """Some of the items, which are a table too."""
        return type(self)(self._items[part])

    @cached_property
    @abstractmethod
    def _frame(self) -> Frame:
        """The rows with their columns."""


class Contracts(Table[FuturesContract]):
    """Contracts by exchange, symbol and last trade date; a row has its product as well."""

    def __init__(self, pairs: Iterable[tuple[Future, FuturesContract]], now: datetime) -> None:
        """Take each contract with its product; `now` is what the rows' `state` refers to."""
        self._pairs = sorted(pairs, key=_place)
        self._now = now
        super().__init__(contract for _, contract in self._pairs)

    def _sliced(self, part: slice) -> Self:
        return type(self)(self._pairs[part], self._now)

    @cached_property
    def _frame(self) -> Frame:
        from ibkr_sync.interchange.frames.contract_frame import frame_of_contracts

        return frame_of_contracts(self._pairs, self._now)


class Products(Table[Future]):
    """Products by exchange, symbol and trading class, each with its chain."""

    def __init__(self, products: Iterable[Future], now: datetime) -> None:
        """Take the products; `now` is what the rows' `listed` refers to."""
        self._now = now
        super().__init__(sorted(products, key=lambda other: (other.exchange, *other.key)))

    def _sliced(self, part: slice) -> Self:
        return type(self)(self._items[part], self._now)

    @cached_property
    def _frame(self) -> Frame:
        from ibkr_sync.interchange.frames.product_frame import product_frame

        return product_frame(self, self._now)


class Events(Table[Event]):
    """Events, what matters most first, or in order of time where that is what was asked for."""

    @cached_property
    def _frame(self) -> Frame:
        from ibkr_sync.interchange.frames.event_frame import event_frame

        return event_frame(self)


class Expirations(Table[Expiration]):
    """A calendar in order of days."""

    @cached_property
    def _frame(self) -> Frame:
        from ibkr_sync.interchange.frames.expiration_frame import expiration_frame

        return expiration_frame(self)


class Rolls(Table[Roll]):
    """Rolls in order of days."""

    @cached_property
    def _frame(self) -> Frame:
        from ibkr_sync.interchange.frames.roll_frame import roll_frame

        return roll_frame(self)


def _place(pair: tuple[Future, FuturesContract]) -> tuple[object, ...]:
    product, contract = pair
    return product.exchange, product.symbol, contract.last_trade_date, contract.con_id
