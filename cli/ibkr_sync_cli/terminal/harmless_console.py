"""A console on which no text of a cell acts on the terminal, as that of another's database may."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from ibkr_sync.domain.untrusted_text import harmless_text


class HarmlessConsole(Console):
    """Writes what a terminal may act on as its escape; the console's own codes stay."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render to segments, whose text is harmless."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else harmless_text(text), style, control)
