"""The command, with something done at its n-th statement or commit, or after its n-th commit.

Arguments: what (kill, fail, stop, halt, kill-committed or lose-committed), n counted from 1, then
the command's own. With n beyond its last step, the command runs as ever. Or: list, and a file that
is to tell the steps, one a line; then the command's own.
"""

from __future__ import annotations

import errno
import itertools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.engine.default import DefaultDialect

from databases import before_each_step
from ibkr_sync_cli.__main__ import main

_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGTERM, "halt": signal.SIGSTOP}


def interrupt(what: str, connection: Any = None) -> None:
    """Do it to this process; what is halted goes on when it is told to."""
    match what:
        case "fail":
            raise OSError(errno.EIO, "injected failure")
        case "lose":
            driver = connection.dbapi_connection
            driver.close()
            driver.commit()  # the driver says itself that the connection broke
        case _:
            os.kill(os.getpid(), _SIGNALS[what])


@contextmanager
def after_each_commit(act: Callable[[int, Any], None]) -> Iterator[None]:
    """Call `act` with the number, from 1, of each commit that has happened, and its connection."""
    numbers = itertools.count(1)
    commit: Callable[[DefaultDialect, Any], None] = DefaultDialect.do_commit

    def commit_and_act(dialect: DefaultDialect, connection: Any) -> None:
        commit(dialect, connection)
        act(next(numbers), connection)

    DefaultDialect.do_commit = commit_and_act  # type: ignore[method-assign]
    try:
        yield
    finally:
        DefaultDialect.do_commit = commit  # type: ignore[method-assign]


def main_interrupted(what: str, step: int) -> None:
    """Run the command line."""
    what, _, committed = what.partition("-")

    def act(number: int, connection: object = None) -> None:
        if number == step:
            interrupt(what, connection)

    with after_each_commit(act) if committed else before_each_step(act):
        main()


def main_listed(path: Path) -> None:
    """Run the command line, and write down the first word of each step."""
    with before_each_step(lambda _: None) as steps:
        try:
            main()
        finally:
            path.write_text("\n".join(step.split()[0] for step in steps), encoding="ascii")


if __name__ == "__main__":
    kind, argument = sys.argv[1:3]
    sys.argv[1:3] = []
    if kind == "list":
        main_listed(Path(argument))
    else:
        main_interrupted(kind, int(argument))
