"""A program for which a folder is a small file system of its own, in memory.

Arguments: `blocks=N` or `inodes=N`, which it has beside those that the folder's files take; the
folder; the program and its own arguments. The files are copied there, and back at the end.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

BLOCK = os.sysconf("SC_PAGE_SIZE")

_NEW_MOUNTS, _NEW_USERS = 0x00020000, 0x10000000
_RECURSIVE, _PRIVATE = 0x4000, 0x40000
_PLENTY = 1 << 20


def mount(folder: Path, *, blocks: int, inodes: int) -> None:
    """Mount a file system that this process alone sees; raises OSError where that is forbidden."""
    user, group = os.geteuid(), os.getegid()
    if user != 0 or _unshare(_NEW_MOUNTS):
        if _unshare(_NEW_MOUNTS | _NEW_USERS):
            raise OSError(ctypes.get_errno(), "mounting is forbidden")
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1", encoding="ascii")
    _mount(b"none", b"/", None, _RECURSIVE | _PRIVATE, None)
    options = f"nr_blocks={blocks},nr_inodes={inodes},mode=700".encode("ascii")
    _mount(b"small", os.fsencode(folder), b"tmpfs", 0, options)


def run(limit: str, folder: Path, program: list[str]) -> int:
    """Run a program; gives its exit code."""
    what, _, number = limit.partition("=")
    # What is below the mount is reached through a descriptor from before.
    below = Path(f"/proc/self/fd/{os.open(folder, os.O_RDONLY | os.O_DIRECTORY)}")
    spare = {"blocks": _PLENTY, "inodes": _PLENTY} | {what: int(number)}
    files = [path for path in below.iterdir() if path.is_file()]
    taken = sum(-(-path.stat().st_size // BLOCK) for path in files)
    root = 1
    mount(folder, blocks=taken + spare["blocks"], inodes=root + len(files) + spare["inodes"])
    for path in files:
        shutil.copy(path, folder)
    code = subprocess.run(program, check=False).returncode  # noqa: S603 - what we were told to run
    for path in files:
        path.unlink()
    for path in folder.iterdir():
        shutil.copy(path, below)
    return code


def _unshare(what: int) -> int:
    return int(_libc().unshare(what))


def _mount(
    source: bytes, target: bytes, kind: bytes | None, flags: int, options: bytes | None
) -> None:
    if _libc().mount(source, target, kind, ctypes.c_ulong(flags), options):
        raise OSError(ctypes.get_errno(), "mounting is forbidden")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


if __name__ == "__main__":
    code = run(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)
