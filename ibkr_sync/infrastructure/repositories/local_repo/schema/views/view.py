"""A view, and the columns that it has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ViewType(StrEnum):
    """What the values of a column are, in either engine."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """A column, the SQL that it is made by, and its meaning as a Markdown sentence."""

    name: str
    type: ViewType
    expression: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A view in the SQL of one engine."""

    name: str
    meaning: str
    columns: tuple[ViewColumn, ...]
    source: str

    @property
    def query(self) -> str:
        """What it stands for."""
        columns = ",\n".join(f"    {item.expression} AS {item.name}" for item in self.columns)
        return f"SELECT\n{columns}\nFROM {self.source}"
