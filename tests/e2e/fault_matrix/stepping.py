"""The command, with something done at its n-th statement or commit.

Arguments: what (kill, fail or stop), n counted from 1, then the command's own. With n beyond
its last step, the command runs as ever. Or: count, and a file that is to tell how many there were.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from pathlib import Path

from databases import before_each_step
from ibkr_sync_cli.__main__ import main


def interrupt(what: str) -> None:
    """Do it to this process."""
    if what == "fail":
        raise OSError(errno.EIO, "injected failure")
    os.kill(os.getpid(), signal.SIGKILL if what == "kill" else signal.SIGTERM)


def main_interrupted(what: str, step: int) -> None:
    """Run the command line."""

    def act(number: int) -> None:
        if number == step:
            interrupt(what)

    with before_each_step(act):
        main()


def main_counted(path: Path) -> None:
    """Run the command line, and write down how many steps it took."""
    with before_each_step(lambda _: None) as steps:
        try:
            main()
        finally:
            path.write_text(f"{len(steps)}", encoding="ascii")


if __name__ == "__main__":
    kind, argument = sys.argv[1:3]
    sys.argv[1:3] = []
    if kind == "count":
        main_counted(Path(argument))
    else:
        main_interrupted(kind, int(argument))
