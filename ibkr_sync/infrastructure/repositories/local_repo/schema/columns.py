"""Named column kinds, exact and equal in SQLite and PostgreSQL."""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import DateTime, Numeric, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from ibkr_sync.domain.entities.contracts import ContractMonth
from ibkr_sync.domain.entities.schedules import ScheduleEntries, parse_schedule_entries

T = TypeVar("T")

Processor = Callable[[Any], Any]

MAX_DECIMAL_EXPONENT = 1000
"""Beyond 10 to this power, either way, a number is no price, tick or size."""

_REMEMBERED = 1024
"""How many values of a column are remembered with what they became: chains repeat themselves."""

_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
"""What `decimal_column_text` writes; `Decimal` would take `NaN` and `1_0` as well."""


def decimal_column_text(value: Decimal) -> str:
    """The one plain notation of a number, equal for equal values; ValueError if not storable."""
    if not value.is_finite():
        raise ValueError(f"not a finite number: {value}")
    if value and abs(value.adjusted()) > MAX_DECIMAL_EXPONENT:
        raise ValueError(f"out of range: {value}")
    return _plain_text(value)


@lru_cache(_REMEMBERED)
def _plain_text(number: Decimal) -> str:
    text = format(number, "f") if number else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text


class _NullableKind(TypeDecorator[T]):
    """NULL is None both ways; a stored value that can't be read raises ValueError.

    Values are immutable, so that what one becomes can be remembered.
    """

    __abstract__ = True

    def bind_processor(self, dialect: Dialect) -> Processor | None:
        """What turns values into what the driver takes, and remembers them."""
        return _remembering(super().bind_processor(dialect))

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor | None:
        """What turns what the driver gives into values, and remembers them."""
        return _remembering(super().result_processor(dialect, coltype))

    def process_bind_param(self, value: T | None, dialect: Dialect) -> object:
        """Turn a value into what the driver takes."""
        return None if value is None else self._stored(value, dialect.name)

    # The driver decides what it gives, SQLAlchemy that the dialect is passed.
    def process_result_value(self, value: Any, dialect: Dialect) -> T | None:  # noqa: ANN401, ARG002
        """Turn what the driver gives into a value."""
        return None if value is None else self._loaded(value)

    @abstractmethod
    def _stored(self, value: T, dialect: str) -> object: ...

    @abstractmethod
    def _loaded(self, value: Any) -> T: ...  # noqa: ANN401 - the driver decides


def _remembering(process: Processor | None) -> Processor | None:
    return None if process is None else lru_cache(_REMEMBERED, typed=True)(process)


class UtcColumnType(_NullableKind[datetime]):
    """An instant: aware values in, aware UTC values out, naive ones refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Processor:
        """Remember instants in UTC: elsewhere two are equal that a clock change sets apart."""
        process = super().bind_processor(dialect)
        assert process is not None  # noqa: S101 - a decorated type always has one

        def in_utc(value: datetime | None) -> Any:  # noqa: ANN401 - what the driver takes
            if value is not None and value.tzinfo not in (None, UTC):
                value = value.astimezone(UTC)
            return process(value)

        return in_utc

    def _stored(self, value: datetime, _dialect: str) -> datetime:
        if value.tzinfo is None:
            raise ValueError(f"an instant needs a time zone: {value!r}")
        return value.astimezone(UTC)

    def _loaded(self, value: datetime) -> datetime:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class DecimalColumnType(_NullableKind[Decimal]):
    """A decimal without rounding: NUMERIC in PostgreSQL, canonical text in SQLite."""

    impl = Numeric(asdecimal=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """SQLite's own NUMERIC would go through binary floating point."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric())

    def _stored(self, value: Decimal, dialect: str) -> str | Decimal:
        text = decimal_column_text(value)
        return text if dialect == "sqlite" else Decimal(text)

    def _loaded(self, value: str | Decimal) -> Decimal:
        if isinstance(value, Decimal) and value.is_finite():
            return value
        if isinstance(value, str) and _PLAIN_NUMBER.fullmatch(value):
            return Decimal(value)
        raise ValueError(f"not a number: {value!r}")


class EnumColumnType(_NullableKind[StrEnum]):
    """A member of a string enum, stored by its value; a new member needs no migration."""

    impl = String(32)
    cache_ok = True

    def __init__(self, members: type[StrEnum]) -> None:
        self.members = members
        super().__init__()

    def _stored(self, value: StrEnum, _dialect: str) -> str:
        return self.members(value).value

    def _loaded(self, value: str) -> StrEnum:
        return self.members(value)


class MonthColumnType(_NullableKind[ContractMonth]):
    """A contract month as `2026-12`."""

    impl = String(7)
    cache_ok = True

    def _stored(self, value: ContractMonth, _dialect: str) -> str:
        return str(value)

    def _loaded(self, value: str) -> ContractMonth:
        return ContractMonth.parse(value)


class ListColumnType(_NullableKind[tuple[Any, ...]]):
    """A tuple, of tuples maybe, as compact JSON text: `["CME","QBALGO"]`."""

    impl = Text
    cache_ok = True

    def _stored(self, value: tuple[Any, ...], _dialect: str) -> str:
        return json.dumps(value, separators=(",", ":"))

    def _loaded(self, value: str) -> tuple[Any, ...]:
        items = json.loads(value)
        if isinstance(items, list):
            return tuple(tuple(item) if isinstance(item, list) else item for item in items)
        raise ValueError(f"not a JSON list: {value!r}")


class EntryListColumnType(_NullableKind[ScheduleEntries]):
    """Sessions and closed days as compact JSON: `["2026-11-22T23:00Z/2026-11-23T22:00Z"]`."""

    impl = Text
    cache_ok = True

    def _stored(self, value: ScheduleEntries, _dialect: str) -> str:
        return json.dumps([str(session) for session in value], separators=(",", ":"))

    def _loaded(self, value: str) -> ScheduleEntries:
        items = json.loads(value)
        if isinstance(items, list) and all(isinstance(item, str) for item in items):
            return parse_schedule_entries(items)
        raise ValueError(f"not a JSON list of texts: {value!r}")
