"""Environments of their own, for tests with other packages than the project's.

They are kept in a folder of the checkout, named after what they hold, and made anew when their
packages have changed.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]

_STAMP = ".installed"


class PackagesError(Exception):
    """An environment can't be made."""


def keep_environments_in(folder: Path) -> None:
    """Make the folder, which git ignores."""
    folder.mkdir(exist_ok=True)
    (folder / ".gitignore").write_text("*\n", encoding="ascii")


def make_environment(
    folder: Path,
    packages: Sequence[str],
    constraints: str,
    *,
    python: str = sys.executable,
    with_project: bool = True,
) -> Path:
    """Give the interpreter of an environment with these packages; raises PackagesError.

    `with_project` installs the checkout as well, without its dependencies.
    """
    own_python = folder / "bin/python"
    wanted = hashlib.sha256("\n".join((python, *packages, constraints)).encode()).hexdigest()
    stamp = folder / _STAMP
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return own_python
    say(f"making {folder.relative_to(CHECKOUT)} …")
    shutil.rmtree(folder, ignore_errors=True)
    _run([python, "-m", "venv", "--without-pip", str(folder)])
    file = folder / "constraints.txt"
    file.write_text(constraints, encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    into = [*pip, "--python", str(own_python), "install"]
    # What the tests load is compiled then; to compile all doubles what installing costs.
    _run([*into, "--no-compile", "--constraint", str(file), *packages])
    if with_project:
        _run([*into, "--no-deps", "--editable", str(CHECKOUT)])
    stamp.write_text(wanted, encoding="ascii")
    return own_python


def say(text: str) -> None:
    """Show how far it is."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _run(command: Sequence[str]) -> None:
    """Run venv or pip; raises PackagesError with all they said."""
    done = subprocess.run(  # noqa: S603 - our own interpreters
        command, capture_output=True, text=True, timeout=900, check=False
    )
    if done.returncode:
        raise PackagesError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
