"""Programs of this folder that run the command, with something done to its process."""

from __future__ import annotations

import sys
from pathlib import Path

Launcher = tuple[str, ...]

_HERE = Path(__file__)


def launching(program: str, *arguments: object) -> Launcher:
    """What runs a program that stands beside this; the command is to follow."""
    python = ("/usr/bin/env", f"PYTHONPATH={_HERE.parents[2]}", sys.executable)
    return (*python, str(_HERE.with_name(program)), *map(str, arguments))


def stepping(what: str, argument: object) -> Launcher:
    """What runs the command with its steps listed, or with something done at one of them."""
    return launching("stepping.py", what, argument)
