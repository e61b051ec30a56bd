"""A file that is written whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path


def replace_file(path: Path, content: Iterable[bytes]) -> None:
    """Write a file that is complete, whenever it is read; a device is written as it is.

    It keeps the permissions of the one before. Raises OSError.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as device:
            device.writelines(content)
        return
    import tempfile  # costs each command to load, and few write files

    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
