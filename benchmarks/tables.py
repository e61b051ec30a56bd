"""Figures as plain tables, one for each subject."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from benchmarks.figures import Figure

_GAP = "  "
_INDENT = "  "


def as_table(figures: Iterable[Figure], width: int | None = None) -> str:
    """A table for each subject, with the columns that say something there.

    A figure has one line; in tables that would be wider than `width`, its name and target stand
    on lines of their own above its numbers.
    """
    return "\n\n".join(
        "\n".join(_lines(subject, list(group), width))
        for subject, group in groupby(figures, key=lambda figure: figure.subject)
    )


def _lines(subject: str, figures: Sequence[Figure], width: int | None) -> Iterator[str]:
    names = [f"{_INDENT}{figure.name}" for figure in figures]
    numbers = _columns(figures)
    targets = [_target(figure) for figure in figures]
    wide = ["", *names], numbers, ["target" if any(targets) else "", *targets]
    lines = list(_joined(*wide))
    is_too_wide = width is not None and max(map(len, lines)) > width
    for sentence in (subject, *_legend(figures)):
        yield from textwrap.wrap(sentence, width) if width else [sentence]
    if not is_too_wide or width is None:
        yield from lines
        return
    headings, *rows = _joined([_INDENT] * (len(figures) + 1), numbers, [""] * (len(figures) + 1))
    yield headings
    for name, target, row in zip(names, targets, rows, strict=True):
        sentence = f"{name} ({target})" if target else name
        yield from textwrap.wrap(sentence, width, subsequent_indent=_INDENT * 2)
        yield row


def _joined(
    first: Sequence[str], numbers: Sequence[Sequence[str]], last: Sequence[str]
) -> Iterator[str]:
    widest = max(map(len, first))
    for name, *cells, target in zip(first, *numbers, last, strict=True):
        yield _GAP.join([name.ljust(widest), *cells, target]).rstrip()


def _columns(figures: Sequence[Figure]) -> list[list[str]]:
    """The columns of numbers that are not empty, each with its heading, and as wide all along."""
    contents: dict[str, Callable[[Figure], str]] = {
        "median": lambda figure: f"{_short(figure.median)} {figure.unit}".rstrip(),
        "quartiles": lambda figure: " - ".join(map(_short, figure.quartiles)),
        "CPU ms": lambda figure: "" if figure.cpu_ms is None else _short(figure.cpu_ms),
        "x wall": lambda figure: _ratio(figure.wall_ratio),
        "x CPU": lambda figure: _ratio(figure.cpu_ratio),
        "rounds": lambda figure: str(figure.rounds),
    }
    columns = [[heading, *map(content, figures)] for heading, content in contents.items()]
    return [
        [cell.rjust(max(map(len, column))) for cell in column]
        for column in columns
        if any(column[1:])
    ]


def _legend(figures: Iterable[Figure]) -> list[str]:
    """What the ratios are of."""
    references = dict.fromkeys(figure.reference for figure in figures if figure.reference)
    return [f"x: times {reference}" for reference in references]


def _target(figure: Figure) -> str:
    verdict = "" if figure.met is None else ("met: " if figure.met else "MISSED: ")
    return verdict + (figure.target or "")


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}"  # noqa: PLR2004 - a matter of taste
