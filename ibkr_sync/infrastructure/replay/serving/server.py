"""The gateway itself: a listening socket on loopback and a thread for each client."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from threading import Thread
from types import TracebackType
from typing import Final, Self

from ibkr_sync.infrastructure.replay.protocol.dialect import Dialect
from ibkr_sync.infrastructure.replay.protocol.text_dialect import text_dialect
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.replay.serving.backend import Backend
from ibkr_sync.infrastructure.replay.serving.connection import Connection
from ibkr_sync.infrastructure.replay.serving.interceptor import Interceptor
from ibkr_sync.infrastructure.replay.serving.matching import MatchableRows

DEFAULT_SERVER_VERSION = 187


def utc_now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)


class ReplayGateway:
    """A stand-in for TWS on loopback, answering from a recording; a context manager.

    `symbols` are those of the contracts that it knows, which are computed if it `is_sample`.

    Args:
        recording: what it knows.
        port: 0 takes a free one.
        server_version: the newest version it offers.
        now: aware instant by which contracts are expired, and which its clock shows.
        dialect_of: how a server version speaks.
        interceptor: what may watch and change the conversations.

    Raises:
        ValueError: the server version isn't spoken here.
        OSError: the port can't be bound.
    """

    host: Final = "127.0.0.1"

    def __init__(
        self,
        recording: Recording,
        *,
        port: int = 0,
        server_version: int = DEFAULT_SERVER_VERSION,
        now: Callable[[], datetime] = utc_now,
        dialect_of: Callable[[int], Dialect] = text_dialect,
        interceptor: Interceptor | None = None,
    ) -> None:
        self.symbols = frozenset(row.symbol for row in recording.contracts)
        self.is_sample = recording.sample
        self._requested_port = port
        self._numbers = count(1)
        self._threads: list[Thread] = []
        self._listener: socket.socket | None = None
        self._backend = Backend(
            server_version=server_version,
            book=MatchableRows(recording.contracts, recording.answers),
            market_rules={rule.market_rule_id: rule for rule in recording.market_rules},
            now=now,
            dialect_of=dialect_of,
            interceptor=interceptor or Interceptor(),
        )
        self._backend.dialect(server_version)  # or it isn't spoken

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port listened on; before the start, the one asked for."""
        if self._listener is None:
            return self._requested_port
        port: int = self._listener.getsockname()[1]
        return port

    def start(self) -> None:
        """Listen and serve in background threads."""
        listener = socket.create_server((self.host, self._requested_port), backlog=128)
        listener.setblocking(False)
        self._listener = listener
        self._stop_reader, self._stop_writer = socket.socketpair()
        self._acceptor = Thread(
            target=self._accept, args=(listener,), name="replay-accept", daemon=True
        )
        self._acceptor.start()

    def stop(self) -> None:
        """Close every socket and wait for every thread; harmless when already stopped."""
        if self._listener is None:
            return
        self._stop_writer.send(b"\0")
        self._acceptor.join()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        self._listener.close()
        self._listener = None
        self._stop_reader.close()
        self._stop_writer.close()

    def _accept(self, listener: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(listener, selectors.EVENT_READ)
            selector.register(self._stop_reader, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select()}
                if self._stop_reader in ready:
                    return
                try:
                    client, _ = listener.accept()
                except OSError:
                    continue  # the client left before it was served
                self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        number = next(self._numbers)
        connection = Connection(client, number, self._backend, stop=self._stop_reader)
        thread = Thread(target=connection.run, name=f"replay-{number}", daemon=True)
        self._threads = [other for other in self._threads if other.is_alive()]
        self._threads.append(thread)
        thread.start()
