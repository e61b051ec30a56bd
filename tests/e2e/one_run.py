"""One run of the command in a process that has loaded it, and what it leaves there."""

from __future__ import annotations

import atexit
import ctypes
import gc
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from typing import Any, NoReturn

import time_machine

CLOCK = "IBKR_SYNC_TEST_CLOCK"
"""Names, in the environment of a run, the instant at which its clock starts."""

LARGEST = 1 << 16
"""Bytes of the largest request for a run."""

ENCODING = "PYTHONIOENCODING"

_FAILED_TO_FLUSH = 120
"""The exit code of Python where what was printed could not be written in the end."""

_CAPABILITIES_VERSION = 0x20080522
_OVERRIDING_PERMISSIONS = 0b110


def run_and_exit(
    streams: Sequence[int],
    command: list[str],
    env: dict[str, str],
    cwd: str,
    *,
    without_root_rights: bool,
) -> NoReturn:
    """Be the command in a process that ends with it."""
    if without_root_rights:
        _give_up_root_rights()
    code = _run(streams, command, env, cwd)
    _prepare_end()
    os._exit(code)


def run_one_after_the_other(runs: socket.socket) -> NoReturn:
    """Be the command for each request, until there are no more or one left something behind."""
    gc.freeze = lambda: None  # what a run keeps as it is on its way out would pile up here
    nothing, stderr = os.open(os.devnull, os.O_RDWR), os.dup(2)
    umask = os.umask(0)
    is_clean = True
    while is_clean:
        os.umask(umask)
        before = _left_open()
        request, streams, _, _ = socket.recv_fds(runs, LARGEST, 3)
        if not request:
            break
        code = _run(streams, **json.loads(request))
        is_clean = _tidied_up(before)
        if not is_clean:
            _prepare_end()
        for number, stream in enumerate((nothing, nothing, stderr)):
            os.dup2(stream, number)
        runs.send(json.dumps([code, is_clean]).encode())
    os._exit(0)


def _run(streams: Sequence[int], command: list[str], env: dict[str, str], cwd: str) -> int:
    """Be the command on these file descriptors; gives its exit code."""
    from ibkr_sync_cli.__main__ import main

    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.stdin, sys.stdout, sys.stderr = _stream(0, "r"), _stream(1, "w"), _stream(2, "w")
    time.tzset()
    sys.argv = command
    code: object = 1
    with ExitStack() as undone:
        undone.enter_context(warnings.catch_warnings())
        if at := os.environ.pop(CLOCK, None):
            undone.enter_context(time_machine.travel(datetime.fromisoformat(at), tick=True))
        try:
            main()
        except SystemExit as ending:
            code = ending.code
        except BaseException:  # noqa: BLE001 - as Python itself ends
            traceback.print_exc()
        for thread in threading.enumerate():
            if not thread.daemon and thread is not threading.main_thread():
                thread.join()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        traceback.print_exc()
        return _FAILED_TO_FLUSH
    return code if isinstance(code, int) else 0


def _give_up_root_rights() -> None:
    """Root ignores file permissions; without two capabilities it heeds its own as others do."""
    libc = ctypes.CDLL(None)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    sets = (ctypes.c_uint32 * 6)()
    libc.capget(header, sets)
    for number in range(3):
        sets[number] &= ~_OVERRIDING_PERMISSIONS
    assert libc.capset(header, sets) == 0


def _prepare_end() -> None:
    """Do what Python does before its process ends."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()


def _tidied_up(before: tuple[int, int]) -> bool:
    """Undo what a run sets on its process; whether nothing else is left of it."""
    logging.shutdown()
    logging.root.handlers = []
    logging.raiseExceptions = True
    sys.unraisablehook = sys.__unraisablehook__
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    if _left_open() != before:
        gc.collect()
    return _left_open() == before and threading.active_count() == 1 and not _has_children()


def _left_open() -> tuple[int, int]:
    """How many files are open, and how many functions wait for the end of the process."""
    return len(os.listdir("/dev/fd")), atexit._ncallbacks()  # noqa: PTH208 - numbers, no files


def _has_children() -> bool:
    with suppress(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
        return True
    return False


def _stream(number: int, mode: str) -> Any:
    is_terminal = os.isatty(number)
    return open(
        number,
        mode,
        buffering=1 if is_terminal or number == 2 else -1,
        encoding=os.environ.get(ENCODING, "utf-8"),
        errors="surrogateescape" if number < 2 else "backslashreplace",
        closefd=False,
    )
