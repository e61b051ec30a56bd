"""What was known in the past, marked as such."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ibkr_sync_cli.terminal.output import Result

if TYPE_CHECKING:
    from rich.console import RenderableType


def past_view(result: Result, moment: str) -> Result:
    """The result with a table that says of when it is; what machines read is as ever."""

    def table() -> RenderableType:
        from rich.console import Group  # not for pipes
        from rich.text import Text

        return Group(Text(f"as of {moment}", style="bold yellow"), result.table())

    return dataclasses.replace(result, table=table)
