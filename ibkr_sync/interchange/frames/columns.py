"""The typed columns of a table: which there are, and how a value of the domain stands in one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum, auto
from types import MappingProxyType
from typing import Final, TypeAlias

from ibkr_sync.domain.entities.contracts import ContractMonth, Venue
from ibkr_sync.domain.entities.fields import EntityField, Kind
from ibkr_sync.domain.entities.remarks import Remark

MONTH_TEXT: Final = "contract_month_text"
"""The column of the contract month as text; `contract_month` is its first day."""


DERIVED_NUMBERS: Final = ("quoted_tick", "tick_value", "point_value")
"""Numbers of a product, and of a contract, that follow from others."""


class ColumnKind(Enum):
    """What the values of a column are; any may be None, but a list, which is empty then."""

    TEXT = auto()
    REPEATED_TEXT = auto()
    """Text that many rows have in common."""
    INTEGER = auto()
    NUMBER = auto()
    """A Decimal."""
    DATE = auto()
    INSTANT = auto()
    """An aware datetime, in UTC."""
    TEXTS = auto()
    PAIRS = auto()
    """A list of `{"type": text, "value": text}`."""
    VENUES = auto()
    """A list of `{"exchange": text, "market_rule_id": integer}`."""


_KINDS: Final = MappingProxyType(
    {
        Kind.TEXT: ColumnKind.REPEATED_TEXT,
        Kind.ZONE: ColumnKind.REPEATED_TEXT,
        Kind.INTEGER: ColumnKind.INTEGER,
        Kind.POSITIVE_INTEGER: ColumnKind.INTEGER,
        Kind.NUMBER: ColumnKind.NUMBER,
        Kind.POSITIVE_NUMBER: ColumnKind.NUMBER,
        Kind.DATE: ColumnKind.DATE,
        Kind.MONTH: ColumnKind.DATE,
        Kind.INSTANT: ColumnKind.INSTANT,
        Kind.TEXTS: ColumnKind.TEXTS,
        Kind.REMARKS: ColumnKind.TEXTS,
        Kind.PAIRS: ColumnKind.PAIRS,
        Kind.VENUES: ColumnKind.VENUES,
    }
)
_AS_THEY_ARE: Final = frozenset(
    kind for kind in _KINDS if kind not in (Kind.MONTH, Kind.TEXTS, Kind.REMARKS, Kind.VENUES)
) - {Kind.PAIRS}
"""Kinds of fields whose values a row has as they are."""

_NOT_REPEATED: Final = frozenset(("local_symbol", "last_trade_text"))


Row: TypeAlias = Mapping[str, object]
"""What a row has in each column, by their names."""


PrefixedField: TypeAlias = tuple[EntityField, str]
"""A field, and what the names of its columns begin with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table."""

    name: str
    kind: ColumnKind

    def of(self, rows: Iterable[Row]) -> list[object]:
        """What rows have in it."""
        return [row[self.name] for row in rows]


def columns_of(field: EntityField, prefix: str = "") -> tuple[Column, ...]:
    """The columns that a field of an entity takes, those of nested fields by their own names.

    A month takes a second one, for its text.
    """
    name = prefix + field.name
    if field.choices is not None:
        return (Column(name=name, kind=ColumnKind.REPEATED_TEXT),)
    if field.parts:
        return tuple(column for part in field.parts for column in columns_of(part, prefix))
    if field.name in _NOT_REPEATED:
        return (Column(name=name, kind=ColumnKind.TEXT),)
    column = Column(name=name, kind=_KINDS[Kind(field.kind)])
    if field.kind is Kind.MONTH:
        return column, Column(name=MONTH_TEXT, kind=ColumnKind.REPEATED_TEXT)
    return (column,)


def cells_of(fields: Iterable[PrefixedField], entity: object) -> Iterator[tuple[str, object]]:
    """What an entity has in the columns of fields, by their names (see `columns_of`).

    None is an entity of which nothing is known.
    """
    for field, prefix in fields:
        value = getattr(entity, field.name, None)
        if field.kind in _AS_THEY_ARE:
            yield prefix + field.name, value
        elif field.kind is Kind.PAIRS:
            pairs = [{"type": name, "value": text} for name, text in value or ()]
            yield prefix + field.name, pairs
        elif field.kind is Kind.MONTH:
            yield prefix + field.name, plain_value(value)
            yield MONTH_TEXT, None if value is None else str(value)
        elif parts := field.parts:
            yield from cells_of(((part, prefix) for part in parts), value)
        else:
            yield prefix + field.name, plain_value(value)


def plain_value(value: object) -> object:
    """A value of the domain as a row has it."""
    plain: object = value
    match value:
        case StrEnum():
            plain = value.value
        case ContractMonth():
            plain = date(value.year, value.month, 1)
        case Venue():
            plain = {"exchange": value.exchange, "market_rule_id": value.market_rule_id}
        case Remark():
            plain = str(value)
        case tuple():
            plain = [plain_value(item) for item in value]
    return plain
