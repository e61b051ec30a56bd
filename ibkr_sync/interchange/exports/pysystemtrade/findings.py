"""What a review of the table finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.interchange.exports.pysystemtrade.config_table import ConfigRow, ConfigTable


class FindingKind(StrEnum):
    """What can be done about a finding."""

    WRONG = "wrong"
    """A value is another at IBKR: it can be corrected."""

    PROBLEM = "problem"
    """Only the user knows what is to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFinding:
    """Something that is wrong with a row.

    Attributes:
        column: None for what is wrong with the row as a whole.
        found: what stands there; None for what pandas takes for missing.
        expected: what is to stand there, empty for nothing; None where that is not known.
        reason: why, as a clause.
    """

    kind: FindingKind
    row: ConfigRow
    column: str | None = None
    found: str | None = None
    expected: str | None = None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnjudgedRow:
    """A row that nothing stored says anything about, and why."""

    row: ConfigRow
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReview:
    """What is wrong in a table, and what could not be judged.

    Attributes:
        findings: in order of lines.
        unnamed: the stored products that no row is about.
    """

    table: ConfigTable
    findings: tuple[TableFinding, ...]
    unjudged: tuple[UnjudgedRow, ...]
    unnamed: tuple[ProductKey, ...]

    @property
    def corrections(self) -> Mapping[tuple[int, str], str]:
        """The values that are known to be other ones, by line and column."""
        return {
            (finding.row.line, finding.column): finding.expected
            for finding in self.findings
            if finding.column is not None and finding.expected is not None
        }

    @property
    def problems(self) -> tuple[TableFinding, ...]:
        """What can't be corrected."""
        return tuple(other for other in self.findings if other.kind is FindingKind.PROBLEM)
