"""A program in whose process system calls fail, as on a disk that is full or broken.

Arguments: `file-size=N`, or `sync`; then the program and its own arguments.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import struct
import sys

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_SYNCS = {"x86_64": (74, 75), "aarch64": (82, 83)}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def limit_file_size(size: int) -> None:
    """Let no file grow beyond this many bytes; Python ignores the signal that tells of it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def fail_syncs() -> None:
    """Let fsync and fdatasync fail with EIO; raises OSError where the kernel won't."""
    calls = _SYNCS[platform.machine()]
    instructions = [
        struct.pack("=HBBI", _LOAD, 0, 0, 0),
        *(struct.pack("=HBBI", _JUMP_IF_EQUAL, len(calls) - at, 0, call)
          for at, call in enumerate(calls)),
        struct.pack("=HBBI", _RETURN, 0, 0, _ALLOW),
        struct.pack("=HBBI", _RETURN, 0, 0, _ERRNO | errno.EIO),
    ]  # fmt: skip
    program = _Program(len(instructions), b"".join(instructions))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "system calls can't be filtered")


if __name__ == "__main__":
    what, *program = sys.argv[1:]
    if what == "sync":
        fail_syncs()
    else:
        limit_file_size(int(what.removeprefix("file-size=")))
    os.execv(program[0], program)  # noqa: S606 - what we were told to run
