"""Figures: the median of several rounds with their spread, as a table or as JSON."""

from __future__ import annotations

import json
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

HEADINGS = ("", "median", "quartiles", "CPU ms", "x wall", "x CPU", "rounds", "target")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What came of one measurement.

    Attributes:
        subject: the heading it stands under.
        name: what was measured.
        unit: of the median and the quartiles.
        median: over all rounds.
        quartiles: the first and the third.
        rounds: how often it was measured.
        cpu_ms: median of the user and system time used, in milliseconds.
        wall_ratio: median over the rounds of its time divided by the reference's in that round.
        cpu_ratio: the same of the CPU time.
        target: what is wanted, in words.
        met: whether the target is met; None without one.
    """

    subject: str
    name: str
    unit: str
    median: float
    quartiles: tuple[float, float]
    rounds: int
    cpu_ms: float | None = None
    wall_ratio: float | None = None
    cpu_ratio: float | None = None
    target: str | None = None
    met: bool | None = None


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """The first and the third quartile of at least one value."""
    if len(values) == 1:
        return values[0], values[0]
    first, _, third = statistics.quantiles(values, n=4, method="inclusive")
    return first, third


def median_ratio(values: Sequence[float], references: Sequence[float]) -> float:
    """The median of the ratios of values that were measured in the same round."""
    return statistics.median(
        value / reference for value, reference in zip(values, references, strict=True)
    )


def as_table(figures: Iterable[Figure]) -> str:
    """One plain table; a line without figures is the subject of those below it."""
    lines: list[tuple[str, ...]] = [HEADINGS]
    subject = None
    for figure in figures:
        if figure.subject != subject:
            subject = figure.subject
            lines.append((subject, *[""] * (len(HEADINGS) - 1)))
        lines.append(_cells(figure))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if position in (0, len(HEADINGS) - 1) else cell.rjust(width)
            for position, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def as_json(figures: Iterable[Figure]) -> str:
    """All figures with the machine they were measured on, as one JSON document."""
    document = {
        "schema": "ibkr-sync/benchmarks/1",
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "figures": [asdict(figure) for figure in figures],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _cells(figure: Figure) -> tuple[str, ...]:
    low, high = figure.quartiles
    verdict = "" if figure.met is None else ("met: " if figure.met else "MISSED: ")
    return (
        f"  {figure.name}",
        f"{_short(figure.median)} {figure.unit}",
        f"{_short(low)} - {_short(high)}",
        "" if figure.cpu_ms is None else _short(figure.cpu_ms),
        "" if figure.wall_ratio is None else f"{figure.wall_ratio:.2f}",
        "" if figure.cpu_ratio is None else f"{figure.cpu_ratio:.2f}",
        str(figure.rounds),
        verdict + (figure.target or ""),
    )


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}"  # noqa: PLR2004 - a matter of taste
