"""A program whose n-th write or sync in a folder fails, and maybe all that follow.

Arguments: `writes` or `syncs`; the name of the error; n, counted from 1; `once` or `onwards`; the
folder; the program and its own arguments. With n beyond the last call, it runs as ever.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from e2e.fault_matrix.system_call_filters import listener_for

_RECEIVE, _SEND, _LET_PASS = 0xC0502100, 0xC0182101, 1
_NOTIFICATION = struct.Struct("=QIIiIQ6Q")
_RESPONSE = struct.Struct("=QqiI")

Judge = Callable[[], int]
"""Gives the error of the next call, or 0."""


def failing_from(number: int, error: int, *, is_once: bool) -> Judge:
    """Give this error to the call of this number, or to it and all later ones."""
    seen = 0

    def judge() -> int:
        nonlocal seen
        seen += 1
        return error if seen == number or (seen > number and not is_once) else 0

    return judge


def run(calls: str, judge: Judge, folder: str, program: list[str]) -> int:
    """Run a program whose calls on files in the folder are judged; gives its exit code."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        listener = listener_for(calls)
        socket.send_fds(theirs, [b"listener"], [listener])
        os.close(listener)
        os.execv(program[0], program)  # noqa: S606 - what we were told to run
    theirs.close()
    for listener in socket.recv_fds(ours, 8, 1)[1]:
        _decide(listener, judge, folder)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _decide(listener: int, judge: Judge, folder: str) -> None:
    """Judge one call after the other, until nobody is left who could make one."""
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    while poll.poll()[0][1] & select.POLLIN:
        received = bytearray(_NOTIFICATION.size)
        with suppress(FileNotFoundError):  # whoever called was killed meanwhile
            fcntl.ioctl(listener, _RECEIVE, received)
            call, process, *_, descriptor = _NOTIFICATION.unpack(received)[:7]
            path = Path(f"/proc/{process}/fd/{descriptor}").readlink()
            error = judge() if path.is_relative_to(folder) else 0
            fcntl.ioctl(listener, _SEND, _RESPONSE.pack(call, 0, -error, 0 if error else _LET_PASS))


if __name__ == "__main__":
    kind, name, ordinal, how, where, *command = sys.argv[1:]
    judging = failing_from(int(ordinal), getattr(errno, name), is_once=how == "once")
    code = run(kind, judging, where, command)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)
