"""Filters through which this process and all that it becomes have to pass their system calls.

They are programs for the kernel's BPF machine, see seccomp(2); Linux on x86-64 and on ARM64.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Sequence

WRITES, SYNCS = "writes", "syncs"

_NUMBERS = {
    "x86_64": {"seccomp": (317,), WRITES: (1, 18), SYNCS: (74, 75)},
    "aarch64": {"seccomp": (277,), WRITES: (64, 68), SYNCS: (82, 83)},
}
_PR_SET_NO_NEW_PRIVS, _SET_MODE_FILTER, _NEW_LISTENER = 38, 1, 8
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ERRNO, _ASK_LISTENER = 0x7FFF0000, 0x00050000, 0x7FC00000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def fail_syncs() -> None:
    """Let fsync and fdatasync fail with EIO; raises OSError where the kernel won't."""
    _install(SYNCS, _ERRNO | errno.EIO, flags=0)


def listener_for(calls: str) -> int:
    """A descriptor that tells of each such call and decides what becomes of it.

    Raises OSError where the kernel has no such thing (before Linux 5.5) or forbids it.
    """
    return _install(calls, _ASK_LISTENER, flags=_NEW_LISTENER)


def _install(calls: str, action: int, *, flags: int) -> int:
    numbers = _NUMBERS.get(platform.machine())
    if numbers is None:
        raise OSError(errno.ENOSYS, "the numbers of this machine's system calls are not known")
    instructions = _instructions(numbers[calls], action)
    program = _Program(len(instructions), b"".join(instructions))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    (seccomp,) = numbers["seccomp"]
    result = int(libc.syscall(seccomp, _SET_MODE_FILTER, flags, ctypes.byref(program)))
    if result < 0:
        raise OSError(ctypes.get_errno(), "system calls can't be filtered")
    return result


def _instructions(calls: Sequence[int], action: int) -> list[bytes]:
    def instruction(code: int, if_equal: int, value: int) -> bytes:
        return struct.pack("=HBBI", code, if_equal, 0, value)

    return [
        instruction(_LOAD, 0, 0),  # the number of the call
        *(instruction(_JUMP_IF_EQUAL, len(calls) - at, call) for at, call in enumerate(calls)),
        instruction(_RETURN, 0, _ALLOW),
        instruction(_RETURN, 0, action),
    ]
