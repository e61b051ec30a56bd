"""Sends messages when their turn comes, while whoever asks goes on with other work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.pacer import Pacer

T = TypeVar("T")


class Sending(Future[T], Generic[T]):
    """What the result of a message will be; once it is there, whether the message was sent."""

    was_sent = False


class PacedSender:
    """Sends one message after the other, as soon as pacing allows, from a thread of its own."""

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="gateway-sender")
        self._is_hurried = threading.Event()

    def send(self, message: Callable[[], Future[T]]) -> Sending[T]:
        """Call `message`, which sends or raises, when its turn comes.

        What it raises is raised by the result. Cancelled before its turn, it is not called.
        """
        result: Sending[T] = Sending()
        self._thread.submit(self._send_in_turn, message, result)
        return result

    def hurry(self) -> None:
        """Let what is left wait no longer: nothing of it reaches the gateway any more."""
        self._is_hurried.set()

    def close(self) -> None:
        """Take no more messages, and end once those that were taken have had their turn."""
        self.hurry()
        self._thread.shutdown()

    def _send_in_turn(self, message: Callable[[], Future[T]], result: Sending[T]) -> None:
        if result.cancelled():
            return
        try:
            if not self._is_hurried.is_set():
                self._pacer.await_turn()
            if not result.set_running_or_notify_cancel():
                return
            reply = message()
        except BaseException as error:  # noqa: BLE001 - whoever asked must learn of it
            result.set_exception(error)
        else:
            result.was_sent = True
            reply.add_done_callback(lambda done: _hand_over(done, result))


def _hand_over(done: Future[T], result: Future[T]) -> None:
    error = done.exception()
    if error is None:
        result.set_result(done.result())
    else:
        result.set_exception(error)
