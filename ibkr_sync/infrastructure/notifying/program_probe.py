"""Whether a program could be run, found out without running it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

_HEAD = 512
_INTERPRETER = re.compile(rb"#![ \t]*([^ \t\n]+)")


def obstacle_to(program: str) -> str | None:
    """Why a program can't be run, in a few words; None where nothing speaks against it.

    A name without folder is looked for on PATH, as a run does.
    """
    found = shutil.which(program)
    if found is not None:
        return _obstacle_in(Path(found))
    if "/" not in program:
        return "no folder of PATH has it"
    path = Path(program)
    if not path.exists():
        return "there is no such file"
    return "it is not executable" if path.is_file() else "it is not a file"


def _obstacle_in(path: Path) -> str | None:
    """What keeps the system from running a script; of any other kind of file nothing is known."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:  # what can't be read may still be run
        return None
    interpreter = _INTERPRETER.match(head)
    if interpreter is None:
        return None if b"\0" in head else "its first line does not begin with #!"
    name = interpreter[1].decode("utf-8", "replace")
    if name.endswith("\r"):
        return "its lines end as on Windows"
    return None if Path(name).is_file() else f"its interpreter {name} is not there"
