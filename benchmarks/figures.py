"""Figures: the median of several rounds with their spread, and as JSON."""

from __future__ import annotations

import json
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass


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
        reference: in words, what the ratios are of, in every figure that has one.
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
    reference: str | None = None
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


def as_json(figures: Iterable[Figure]) -> str:
    """All figures with the machine they were measured on, as one JSON document."""
    document = {
        "schema": "ibkr-sync/benchmarks/1",
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "figures": [asdict(figure) for figure in figures],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)
