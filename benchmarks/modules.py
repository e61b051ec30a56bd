"""Which heavy modules the quick commands load."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.children import PYTHON, Machine
from benchmarks.figures import Figure

HEAVY = frozenset({"sqlalchemy", "alembic", "ibapi", "psycopg", "asyncio"})

_SUBJECT = "Modules loaded"
_QUICK = ("--help", "--version", "show --help")
_IMPORTED = re.compile(r"^import time:.*\| *(?P<name>[\w.]+)$", re.MULTILINE)


def measure(_rounds: int) -> Iterator[Figure]:
    """Count the modules, and look for those that only other commands need."""
    with TemporaryDirectory() as folder:
        machine = Machine(Path(folder))
        for arguments in _QUICK:
            loaded = _loaded(machine, arguments)
            found = {name.partition(".")[0] for name in loaded} & HEAVY
            target = ", ".join(sorted(found)) or f"none of {', '.join(sorted(HEAVY))}"
            yield Figure(
                subject=_SUBJECT,
                name=f"ibkr-sync {arguments}",
                unit="",
                median=len(loaded),
                quartiles=(len(loaded), len(loaded)),
                rounds=1,
                target=target,
                met=not found,
            )


def _loaded(machine: Machine, arguments: str) -> list[str]:
    done = subprocess.run(
        [PYTHON, "-X", "importtime", "-m", "ibkr_sync_cli", *arguments.split()],
        cwd=machine.folder,
        env=machine.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return _IMPORTED.findall(done.stderr)
