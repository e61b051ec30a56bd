"""Which file a path leads to, and which of them this process has open."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias

FileIdentity: TypeAlias = tuple[int, int]
"""Device and inode, which no other file has while this one is open."""

_DESCRIPTORS: Final = Path("/dev/fd")


def file_identity(path: Path) -> FileIdentity | None:
    """What distinguishes a file from any other that takes its place; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def files_open_here() -> Iterator[FileIdentity]:
    """The files that this process has open, whichever part of it opened them."""
    for entry in _DESCRIPTORS.iterdir():
        try:
            found = os.fstat(int(entry.name))
        except OSError:  # the listing's own, or closed meanwhile
            continue
        yield found.st_dev, found.st_ino
