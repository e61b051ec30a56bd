"""The words that call a command."""

from __future__ import annotations

from typing import Any


def command_words(ctx: Any) -> tuple[str, ...]:  # noqa: ANN401 - typer keeps its type to itself
    """The names of a command and the groups above it, without the program's."""
    words: list[str] = []
    while ctx.parent is not None:
        words.insert(0, ctx.info_name)
        ctx = ctx.parent
    return tuple(words)
