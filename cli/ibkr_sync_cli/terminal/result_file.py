"""The file that a result is written to, as it is typed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

_OPTION = "'--output' / '-o'"
_STDOUT = "-"


def parse_result_file(typed: str | None) -> Path | None:
    """The file that was typed, None for stdout; raises BadParameter where none can be made."""
    if typed in (None, _STDOUT):
        return None
    with reachable(typed, _OPTION):
        path = Path(typed).expanduser()
        path.exists()  # raises for a name that is too long, which resolving takes
        if not path.parent.is_dir():
            raise typer.BadParameter(
                f"the folder {str(path.parent)!r} does not exist", param_hint=_OPTION
            )
        resolved = path.resolve()
        # The link of a pipe, as /dev/stdout or of `>(…)`, leads to no path.
        return path.absolute() if path.exists() and not resolved.exists() else resolved


@contextmanager
def reachable(typed: str, param_hint: str) -> Iterator[None]:
    """Raise BadParameter for a path that can't be followed: a loop, no permission, no home."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        refusal = f"{typed!r} can't be followed: {reason}"
        raise typer.BadParameter(refusal, param_hint=param_hint) from error


def refuse_folder(path: Path) -> None:
    """Raise BadParameter for a folder where a file is to be written."""
    if path.is_dir():
        raise typer.BadParameter(f"{str(path)!r} is a folder", param_hint=_OPTION)


def refuse_unknown_ending(path: Path) -> None:
    """Raise BadParameter for a file whose ending promises a format that is not written.

    `.txt`, or no ending, promises none.
    """
    if path.suffix.lower() not in ("", ".txt"):
        known = ".csv, .tsv, .json or .jsonl, or say --format"
        raise typer.BadParameter(f"{path.suffix} is no format; use {known}", param_hint=_OPTION)
