"""The parts of an export on their way to a file, a folder or stdout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from ibkr_sync.interchange.exports.formats import ExportTarget
from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.terminal.result_file import replace_file
from ibkr_sync_cli.terminal.result_folder import replace_files

if TYPE_CHECKING:
    from pathlib import Path

    from ibkr_sync.interchange.exports.export_parts import FilePart
    from ibkr_sync_cli.arguments.export import ExportRequest
    from ibkr_sync_cli.terminal.output import Output


def write_parts(output: Output, request: ExportRequest, parts: Iterable[FilePart]) -> list[str]:
    """Write an export, whole or not at all; gives the texts that are for stdout, if it is.

    One that can't be written ends the call.
    """
    if request.path is None:
        return [part.content.decode() for part in parts]
    with writing(output, request.path):
        if request.target is ExportTarget.FOLDER:
            replace_files(request.path, ((part.path, part.content) for part in parts))
        else:
            replace_file(request.path, (part.content for part in parts))
    return []


@contextmanager
def writing(output: Output, path: Path) -> Iterator[None]:
    """Say what kept a file or folder from being written, and end the call."""
    try:
        yield
    except OSError as error:
        output.complain(f"{path} can't be written: {error.strerror or error}.", None)
        raise typer.Exit(ExitCode.UNEXPECTED) from error
