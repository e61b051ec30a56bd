"""What pysystemtrade finds a row of the table by, and rows that it can't tell apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, TypeAlias

from ibkr_sync.interchange.exports.pysystemtrade.config_table import ConfigTable
from ibkr_sync.interchange.exports.pysystemtrade.findings import FindingKind, TableFinding

Identity: TypeAlias = tuple[str | None, str | None, Decimal | None]
"""Symbol, exchange and multiplier: what pysystemtrade finds a row by."""

_OF_IDENTITY: Final = ("IBSymbol", "IBExchange", "IBMultiplier")

_NUMBER: Final = re.compile(r" *[+-]?[0-9]{1,20}(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,2})? *", re.ASCII)


def number_in_cell(text: str | None) -> Decimal | None:
    """A number as pandas reads it; None for a missing one, and for what is none."""
    return Decimal(text) if text is not None and _NUMBER.fullmatch(text) else None


def identity_of(cells: Mapping[str, str | None]) -> Identity:
    """What pysystemtrade finds a row by, by its cells."""
    return cells["IBSymbol"], cells["IBExchange"], number_in_cell(cells["IBMultiplier"])


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCounts:
    """How many rows have the same: symbol, exchange and multiplier; symbol and exchange; name."""

    sizes: Counter[Identity]
    places: Counter[tuple[str | None, str | None]]
    instruments: Counter[str | None]

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, str | None]]) -> IdentityCounts:
        """Count rows by their cells."""
        counts = cls(sizes=Counter(), places=Counter(), instruments=Counter())
        for cells in rows:
            identity = identity_of(cells)
            counts.sizes[identity] += 1
            counts.places[identity[:2]] += 1
            counts.instruments[cells["Instrument"]] += 1
        return counts

    def is_shared(self, identity: Identity) -> bool:
        """Whether another row has an identity as well, or one of them has no multiplier."""
        place, size = identity[:2], identity[2]
        if size is None:
            return self.places[place] > 1
        return self.sizes[identity] > 1 or self.sizes[(*place, None)] > 0


def without_collisions(
    table: ConfigTable, findings: Iterable[TableFinding]
) -> tuple[TableFinding, ...]:
    """The findings without corrections that would give a row the identity of another."""
    found = tuple(findings)
    right = {row.line: dict(row.cells) for row in table.rows}
    for finding in found:
        if finding.column is not None and finding.expected is not None:
            right[finding.row.line][finding.column] = finding.expected or None
    counts = IdentityCounts.of(right.values())
    reason = "once it is right, another row has its symbol, exchange and multiplier too"
    return tuple(
        replace(finding, kind=FindingKind.PROBLEM, expected=None, reason=reason)
        if finding.kind is FindingKind.WRONG
        and finding.column in _OF_IDENTITY
        and counts.is_shared(identity_of(right[finding.row.line]))
        else finding
        for finding in found
    )
