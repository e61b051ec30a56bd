"""A program in whose process system calls fail, as on a disk that is full or broken.

Arguments: `file-size=N`, or `sync`; then the program and its own arguments.
"""

from __future__ import annotations

import os
import resource
import sys

from e2e.fault_matrix.system_call_filters import fail_syncs


def limit_file_size(size: int) -> None:
    """Let no file grow beyond this many bytes; Python ignores the signal that tells of it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


if __name__ == "__main__":
    what, *program = sys.argv[1:]
    if what == "sync":
        fail_syncs()
    else:
        limit_file_size(int(what.removeprefix("file-size=")))
    # Python would keep what it compiles in files cut short, and trip over them for ever.
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    os.execv(program[0], program)  # noqa: S606 - what we were told to run
