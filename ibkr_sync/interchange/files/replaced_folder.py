"""The folder that a result of several files is written to.

A folder may hold files of others too, so it can't be swapped for a new one: the files are written
beside it first, then put in place one by one, each whole. A marker lists them: it says that they
are incomplete before the first is put in place, and that they are complete after the last.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from itertools import groupby
from operator import itemgetter
from pathlib import Path, PurePosixPath
from typing import Final

from ibkr_sync.interchange.files.replaced_file import replace_file

MARKER: Final = "ibkr-sync-export.json"
"""The file that lists what was written, and whether that is complete."""

_SCHEMA: Final = "ibkr-sync/export/1"
_LONGEST_MARKER: Final = 16 * 1024 * 1024


def replace_files(folder: Path, kind: str, parts: Iterable[tuple[str, bytes]]) -> int:
    """Write files into a folder; those that its marker lists and that are not among them go.

    Gives how many these are. Parts of one file follow one another, each with its path below the
    folder. A result of another `kind`, and a file that is there and that the marker does not list,
    are not to be replaced: raises FileExistsError for them, or another OSError, or ValueError for a
    path that leads elsewhere. A folder that nothing came into is not left behind.
    """
    is_new = not folder.exists()
    folder.mkdir(exist_ok=True)
    try:
        return _replace(folder, kind, parts)
    finally:
        if is_new:
            with suppress(OSError):  # it holds what was written
                folder.rmdir()


def is_incomplete(folder: Path) -> bool:
    """Whether a result in the folder was cut short while its files were put in place."""
    return _marked(folder).get("complete") is False


def _replace(folder: Path, kind: str, parts: Iterable[tuple[str, bytes]]) -> int:
    marker = _marked(folder)
    if marker.get("format", kind) != kind:
        raise FileExistsError(errno.EEXIST, f"it holds another export, --to {marker['format']}")
    former = _listed(marker)
    stage = Path(tempfile.mkdtemp(dir=folder, prefix=".ibkr-sync-export."))
    try:
        files = _stage(stage, parts)
        for name in sorted(files.keys() - former):
            if (folder / name).exists():
                raise FileExistsError(errno.EEXIST, f"{name} is there, and no former export's")
        _mark(folder, kind, former | files.keys(), is_complete=False)
        for name, staged in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            staged.replace(target)
        gone = [name for name in former - files.keys() if _remove(folder, name)]
        os.sync()  # once, as to wait for each of thousands of files takes most of the time
        _mark(folder, kind, files.keys(), is_complete=True)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return len(gone)


def _stage(stage: Path, parts: Iterable[tuple[str, bytes]]) -> dict[str, Path]:
    """Write each file under a number; gives where it is, by its path below the folder."""
    files: dict[str, Path] = {}
    for name, group in groupby(parts, key=itemgetter(0)):
        if not _is_below(name) or name in files:
            raise ValueError(f"{name!r} is no path of a new file below the folder")
        files[name] = stage / str(len(files))
        with files[name].open("xb") as file:
            file.writelines(content for _, content in group)
    return files


def _is_below(name: object) -> bool:
    """Whether a path is written as one below a folder, whatever that holds."""
    if not isinstance(name, str) or "\0" in name or "\\" in name:
        return False
    path = PurePosixPath(name)
    is_plain = str(path) == name and not path.is_absolute() and ".." not in path.parts
    return is_plain and path.parts[:1] not in ((), (MARKER,))


def _marked(folder: Path) -> Mapping[str, object]:
    """What the marker of a former result says; nothing where it is not one of ours."""
    with suppress(OSError, ValueError, RecursionError):
        if (folder / MARKER).stat().st_size <= _LONGEST_MARKER:
            found = json.loads((folder / MARKER).read_bytes())
            if isinstance(found, dict) and found.get("schema") == _SCHEMA:
                return found
    return {}


def _listed(marker: Mapping[str, object]) -> set[str]:
    """The files that a former result left."""
    files = marker.get("files")
    return set(filter(_is_below, files)) if isinstance(files, list) else set()


def _mark(folder: Path, kind: str, files: Collection[str], *, is_complete: bool) -> None:
    marker = {
        "schema": _SCHEMA,
        "format": kind,
        "complete": is_complete,
        "files": sorted(files),
    }
    replace_file(folder / MARKER, [json.dumps(marker, indent=1).encode() + b"\n"])


def _remove(folder: Path, name: str) -> bool:
    """Delete a file that may be there, and the folders below this one that it leaves empty."""
    is_there = (folder / name).is_file()
    (folder / name).unlink(missing_ok=True)
    for parent in list((folder / name).parents)[: len(PurePosixPath(name).parts) - 1]:
        with suppress(OSError):  # it holds other files
            parent.rmdir()
    return is_there
