"""What the SQL of a view must say differently in SQLite and in PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewSql:
    """Expressions of one engine; each takes SQL and gives SQL.

    SQLite keeps instants as text in UTC and numbers as exact text; PostgreSQL has types for both.
    """

    is_sqlite: bool

    @property
    def now(self) -> str:
        """The present instant, as one is stored."""
        return "strftime('%Y-%m-%d %H:%M:%f000', 'now')" if self.is_sqlite else "now()"

    def instant(self, stored: str) -> str:
        """An instant as it is shown, with its zone."""
        return f"{stored} || 'Z'" if self.is_sqlite else stored

    def end_of_day_everywhere(self, day: str) -> str:
        """The instant, as one is stored, at which a date has ended in every zone."""
        if self.is_sqlite:
            return f"strftime('%Y-%m-%d 12:00:00.000000', {day}, '+1 day')"
        return f"({day} + 1 + time '12:00') AT TIME ZONE 'UTC'"

    def number(self, stored: str) -> str:
        """A number as one: in SQLite a REAL, of which 15 digits are exact."""
        return f"CAST({stored} AS REAL)" if self.is_sqlite else stored

    def computed(self, number: str) -> str:
        """What was computed from numbers, without the noise of binary fractions; null stays."""
        if not self.is_sqlite:
            return f"trim_scale({number})"
        # printf makes 0 of null.
        digits = f"CAST(printf('%.15g', {number}) AS REAL)"
        return f"CASE WHEN {number} IS NOT NULL THEN {digits} END"

    def item(self, document: str, name: str, place: int) -> str:
        """The text at a place of the list that a JSON object has under a name, if it has it."""
        if self.is_sqlite:
            return f"json_extract({document}, '$.{name}[{place}]')"
        return f"({document})::json -> '{name}' ->> {place}"
