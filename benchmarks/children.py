"""Runs command lines as whole processes and measures each."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PYTHON = sys.executable
IBKR_SYNC = str(Path(sys.executable).with_name("ibkr-sync"))

_ONE_PROCESS = str(Path(__file__).with_name("one_process.py"))

_KIBIBYTE = 1024
_MAX_RSS_UNIT = 1 if sys.platform == "darwin" else _KIBIBYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessCost:
    """What one process took: milliseconds, and mebibytes at its peak; `output` if it was kept."""

    wall_ms: float
    cpu_ms: float
    peak_mib: float
    output: str = ""


class Machine:
    """An empty home in a folder of its own, so that nobody's settings or data take part."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Neither settings of ours nor what slows Python down, as PYTHONDONTWRITEBYTECODE.
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("IBKR_", "PYTHON")) or name == "PYTHONPATH"
        }
        homes = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
        self.environment: Mapping[str, str] = kept | dict.fromkeys(homes, str(folder))

    def run(
        self, command: Sequence[str], *, keeps_output: bool = False, expected: int = 0
    ) -> ProcessCost:
        """Run a command to its end, its output unseen; raises RuntimeError for another exit code.

        It is started by a small process (see `one_process`): its peak would else be ours.
        """
        complaints = self.folder / "stderr"
        output = self.folder / "stdout" if keeps_output else Path(os.devnull)
        done = subprocess.run(
            [PYTHON, "-I", "-S", _ONE_PROCESS, str(complaints), str(output), *command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        status, wall, cpu, peak = done.stdout.split()
        exit_code = os.waitstatus_to_exitcode(int(status))
        if exit_code != expected:
            said = complaints.read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"{' '.join(command)}: exit code {exit_code}\n{said}")
        return ProcessCost(
            wall_ms=float(wall) * 1000,
            cpu_ms=float(cpu) * 1000,
            peak_mib=int(peak) * _MAX_RSS_UNIT / _KIBIBYTE**2,
            output=output.read_text(encoding="utf-8") if keeps_output else "",
        )
