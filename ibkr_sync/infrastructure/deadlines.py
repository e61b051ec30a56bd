"""Work that may take no longer than a deadline, whatever it waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T]) -> T:
    """Do some work; raises TimeoutError when it takes longer, and what it raises itself.

    Neither resolving a name nor a database's driver can be interrupted: what takes too long is
    left behind in a thread that ends with the process.
    """
    result: Future[T] = Future()

    def do() -> None:
        try:
            result.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised where the result is awaited
            result.set_exception(error)

    threading.Thread(target=do, name="within-deadline", daemon=True).start()
    return result.result(seconds)
