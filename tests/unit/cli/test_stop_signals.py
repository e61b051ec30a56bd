"""The first signal interrupts a run wherever it is, the second one ends the process."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, signal, sys, threading, time
from ibkr_sync.domain.errors import RunInterrupted
from ibkr_sync_cli.__main__ import StopSignals

signals = StopSignals()
signals.interrupt_the_run()
try:
    {what}
    time.sleep(30)
except RunInterrupted as interruption:
    assert interruption.signal_number == signals.received == signal.SIGTERM
    print("interrupted", *(name for name in sys.modules if name.startswith("loaded_")))
"""
SIGNAL = "os.kill(os.getpid(), signal.SIGTERM)"


def run(folder: Path, what: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM.format(what=what)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_signal_interrupts_what_runs(tmp_path: Path) -> None:
    done = run(tmp_path, SIGNAL)
    assert (done.returncode, done.stdout, done.stderr) == (0, "interrupted\n", "")


def test_a_signal_waits_until_modules_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "loaded_first.py").write_text(f"import os, signal\n{SIGNAL}\nimport loaded_then\n")
    (tmp_path / "loaded_then.py").write_text("import time\ntime.sleep(0.1)\n")
    done = run(tmp_path, "import loaded_first")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "interrupted loaded_then loaded_first\n"


def test_a_signal_that_python_swallows_interrupts_a_moment_later(tmp_path: Path) -> None:
    done = run(
        tmp_path, f"dropped = type('It', (), {{'__del__': lambda _: {SIGNAL}}})(); del dropped"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "interrupted\n", "")


def test_what_python_swallows_besides_is_reported_as_ever(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        f"dropped = type('It', (), {{'__del__': lambda _: 1 / 0}})(); del dropped; {SIGNAL}",
    )
    assert (done.returncode, done.stdout) == (0, "interrupted\n")
    assert "ZeroDivisionError" in done.stderr


@pytest.mark.parametrize("second", ["SIGTERM", "SIGINT"])
def test_a_second_signal_ends_the_process_even_while_modules_are_loaded(
    tmp_path: Path, second: str
) -> None:
    (tmp_path / "loaded_never.py").write_text(
        f"import os, signal, time\n{SIGNAL}\n"
        f"os.kill(os.getpid(), signal.{second})\ntime.sleep(30)\n"
    )
    done = run(tmp_path, "import loaded_never")
    assert (done.returncode, done.stdout) == (-signal.Signals[second], "")
