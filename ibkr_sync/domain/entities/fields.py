"""What each field of an entity is: the one table from which its ways in and out are derived.

An entity says it where it declares the field, as metadata. Text for history, columns, documents
and rows follow from it; how a kind is read and written, each of them says once for all fields.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from functools import cache
from typing import Any, Final, TypeAlias


class Kind(Enum):
    """What a plain value is; the type itself stands for an enumeration and for nested fields."""

    TEXT = auto()
    POSSIBLY_EMPTY_TEXT = auto()
    ZONE = auto()
    INTEGER = auto()
    POSITIVE_INTEGER = auto()
    NUMBER = auto()
    POSITIVE_NUMBER = auto()
    DATE = auto()
    INSTANT = auto()
    MONTH = auto()
    TEXTS = auto()
    PAIRS = auto()
    VENUES = auto()
    SESSIONS = auto()
    REMARKS = auto()


FieldKind: TypeAlias = Kind | type[Any]

LISTS: Final = frozenset((Kind.TEXTS, Kind.PAIRS, Kind.VENUES, Kind.REMARKS))
"""Tuples, which are never null: nothing known is an empty one."""

INTEGERS: Final = frozenset((Kind.INTEGER, Kind.POSITIVE_INTEGER))


def kind(of: FieldKind, *, tracked: bool = True) -> Mapping[str, Any]:
    """The metadata of a field; history keeps no change of one that is not `tracked`."""
    return {"kind": of, "tracked": tracked}


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityField:
    """A field of an entity.

    Attributes:
        nullable: whether None says that it is not known.
        tracked: whether history keeps its changes.
    """

    name: str
    kind: FieldKind
    nullable: bool = False
    tracked: bool = True

    @property
    def parts(self) -> tuple[EntityField, ...]:
        """The fields nested in its value; none of a plain one."""
        if isinstance(self.kind, type) and dataclasses.is_dataclass(self.kind):
            return fields_of(self.kind)
        return ()

    @property
    def choices(self) -> type[StrEnum] | None:
        """The enumeration that its value is one of; None for others."""
        if isinstance(self.kind, type) and issubclass(self.kind, StrEnum):
            return self.kind
        return None

    @property
    def unknown(self) -> tuple[()] | None:
        """The value that says that nothing is known."""
        return () if self.kind in LISTS else None


@cache
def fields_of(entity: type[Any]) -> tuple[EntityField, ...]:
    """The fields of an entity that have a kind, in their order."""
    return tuple(
        EntityField(name=field.name, nullable=field.default is None, **field.metadata)
        for field in dataclasses.fields(entity)
        if field.metadata
    )


def ordered_fields(
    fields: Iterable[EntityField], leading: Iterable[str] = ()
) -> tuple[EntityField, ...]:
    """The fields with those that lead by name first, the others in their order."""
    by_name = {field.name: field for field in fields}
    return tuple(by_name[name] for name in dict.fromkeys((*leading, *by_name)))
