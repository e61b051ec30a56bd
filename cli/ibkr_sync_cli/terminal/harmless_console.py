"""A console on which no text of a cell acts on the terminal, as that of another's database may."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from ibkr_sync.domain.untrusted_text import harmless_text

_IN_ASCII = {
    "─": "-",
    "▶": ">",
    "·": "|",
    "…": "~",
    "→": ">",
    "†": "+",
    "€": "EUR ",
    "£": "GBP ",
    "¥": "JPY ",
}
"""What stands for our own characters where there are no others; of one width, in tables."""


class HarmlessConsole(Console):
    """Writes what a terminal may act on as its escape; the console's own codes stay.

    Tables look the same in every encoding: what `written_in` lacks of our own characters is
    replaced.
    """

    def __init__(self, *, written_in: str, **settings: Any) -> None:  # noqa: ANN401 - rich's own
        super().__init__(**settings)
        self._replaced = str.maketrans(
            {value: plain for value, plain in _IN_ASCII.items() if not _has(written_in, value)}
        )

    @property
    def encoding(self) -> str:
        """What rich may use: else it would frame the cells of tables, in ASCII."""
        return "utf-8"

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render to segments, whose text is harmless."""
        for text, style, control in super().render(renderable, options):
            harmless = harmless_text(text).translate(self._replaced)
            yield Segment(text if control else harmless, style, control)


def _has(encoding: str, character: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
