"""A console on which no text of a cell acts on the terminal, as that of another's database may."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from ibkr_sync.domain.untrusted_text import harmless_text
from ibkr_sync_cli.terminal.replaced_characters import replaced_characters


class HarmlessConsole(Console):
    """Writes what a terminal may act on as its escape; the console's own codes stay.

    Tables look the same in every encoding: what `written_in` lacks of our own characters is
    replaced.
    """

    def __init__(self, *, written_in: str, **settings: Any) -> None:  # noqa: ANN401 - rich's own
        super().__init__(**settings)
        self._replaced = replaced_characters(written_in)

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
