"""One client's socket: carries out the plans of its session, each at its time."""

from __future__ import annotations

import heapq
import selectors
import socket
import struct
import time
from collections import deque
from contextlib import suppress
from itertools import count

from ibkr_sync.infrastructure.replay.protocol.reply_parts import (
    HangUpPart,
    Plan,
    ReplyBytes,
    ReplyStall,
    ReplyWait,
    Step,
    reply_in_few_writes,
)
from ibkr_sync.infrastructure.replay.serving.backend import Backend
from ibkr_sync.infrastructure.replay.serving.session import Session

_RECEIVE_BYTES = 1 << 16
_LINGER_SECONDS = 2.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Connection:
    """Reads requests and writes replies in one thread, without ever blocking on its client.

    Replies fall due in the order of their requests; one that waits lets later ones pass.
    """

    def __init__(
        self,
        sock: socket.socket,
        number: int,
        backend: Backend,
        *,
        stop: socket.socket,
    ) -> None:
        self._sock = sock
        self._stop = stop
        self._session = Session(number, backend, self._client_is_there)
        self._schedule: list[tuple[float, int, deque[Step]]] = []
        self._order = count()
        self._outbox: deque[Step] = deque()
        self._stalled_until = 0.0
        self._lingering_until: float | None = None
        self._open = True

    def run(self) -> None:
        """Serve the client until it leaves, a plan hangs up, or `stop` becomes readable."""
        self._sock.setblocking(False)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._sock, selectors.DefaultSelector() as selector:
            selector.register(self._stop, selectors.EVENT_READ)
            selector.register(self._sock, selectors.EVENT_READ)
            try:
                self._push(time.monotonic(), reply_in_few_writes(self._session.accepted()))
                while self._open:
                    self._turn(selector)
            except OSError:
                pass  # the client reset the connection: there is nobody left to serve
            finally:
                self._session.ended()

    def _turn(self, selector: selectors.BaseSelector) -> None:
        self._send_what_is_due()
        if not self._open:
            return
        now = time.monotonic()
        blocked = isinstance(self._outbox[0], ReplyBytes) if self._outbox else False
        events = selectors.EVENT_READ
        if blocked and now >= self._stalled_until:
            events |= selectors.EVENT_WRITE
        selector.modify(self._sock, events)
        for key, mask in selector.select(self._seconds_to_next(now)):
            if key.fileobj is self._stop:
                self._open = False
                return
            if mask & selectors.EVENT_READ:
                self._receive()
        if self._lingering_until is not None and time.monotonic() >= self._lingering_until:
            self._open = False

    def _receive(self) -> None:
        data = self._sock.recv(_RECEIVE_BYTES)
        if not data:
            self._open = False
            return
        at = time.monotonic()
        for plan in self._session.received(data, at):
            self._push(at, reply_in_few_writes(plan))

    def _push(self, due: float, plan: Plan | deque[Step]) -> None:
        heapq.heappush(self._schedule, (due, next(self._order), deque(plan)))

    def _send_what_is_due(self) -> None:
        now = time.monotonic()
        while self._schedule and self._schedule[0][0] <= now:
            due, _, steps = heapq.heappop(self._schedule)
            while steps:
                step = steps.popleft()
                if isinstance(step, ReplyWait):
                    self._push(due + step.seconds, steps)
                    break
                self._outbox.append(step)
        while self._outbox and now >= self._stalled_until and self._carry_out(now):
            pass

    def _carry_out(self, now: float) -> bool:
        """Do the outbox's next step; False when the socket takes no more for now."""
        step = self._outbox.popleft()
        if isinstance(step, ReplyStall):
            self._stalled_until = now + step.seconds
        elif isinstance(step, HangUpPart):
            self._hang_up(step)
        elif isinstance(step, ReplyBytes) and step.data:
            try:
                sent = self._sock.send(step.data)
            except BlockingIOError:
                sent = 0
            if sent < len(step.data):
                self._outbox.appendleft(ReplyBytes(step.data[sent:]))
                return False
        return True

    def _hang_up(self, step: HangUpPart) -> None:
        """Close so that the client still gets what was sent, unless a reset is wanted."""
        self._schedule.clear()
        self._outbox.clear()
        if step.reset:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._open = False
            return
        self._session.ended()
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)
        self._lingering_until = time.monotonic() + _LINGER_SECONDS

    def _seconds_to_next(self, now: float) -> float | None:
        times = [self._schedule[0][0]] if self._schedule else []
        if self._outbox and now < self._stalled_until:
            times.append(self._stalled_until)
        if self._lingering_until is not None:
            times.append(self._lingering_until)
        return max(0.0, min(times) - now) if times else None

    def _client_is_there(self) -> bool:
        """Whether the client's end is open, as seen from any thread."""
        try:
            return self._sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False
