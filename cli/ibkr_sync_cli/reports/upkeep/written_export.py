"""The parts of an export on their way to a file, a folder or stdout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import typer

from ibkr_sync.interchange.exports.formats import ExportTarget
from ibkr_sync.interchange.files.replaced_file import replace_file
from ibkr_sync.interchange.files.replaced_folder import is_incomplete, replace_files
from ibkr_sync_cli.messages.exit_codes import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from ibkr_sync.interchange.exports.export_parts import FilePart
    from ibkr_sync_cli.arguments.export import ExportRequest
    from ibkr_sync_cli.terminal.output import Output


class WrittenExport(NamedTuple):
    """What is left to be said: the texts that are for stdout, and how many files were deleted."""

    texts: Sequence[str] = ()
    deleted: int = 0


def write_parts(output: Output, request: ExportRequest, parts: Iterable[FilePart]) -> WrittenExport:
    """Write an export, whole or not at all; one that can't be written ends the call.

    A folder that is left incomplete is named, whatever cut it short.
    """
    path = request.path
    if path is None:
        return WrittenExport([part.content.decode() for part in parts])
    with writing(output, path):
        if request.target is not ExportTarget.FOLDER:
            replace_file(path, (part.content for part in parts))
            return WrittenExport()
        try:
            files = ((part.path, part.content) for part in parts)
            return WrittenExport(deleted=replace_files(path, request.format.value, files))
        except BaseException:
            if is_incomplete(path):
                output.warn(f"incomplete: {path}; export into it again")
            raise


@contextmanager
def writing(output: Output, path: Path) -> Iterator[None]:
    """Say what kept a file or folder from being written, and end the call."""
    try:
        yield
    except OSError as error:
        output.complain_unwritten(f"{path} can't be written", error)
        is_refused = isinstance(error, FileExistsError)
        raise typer.Exit(ExitCode.USAGE if is_refused else ExitCode.UNEXPECTED) from error
