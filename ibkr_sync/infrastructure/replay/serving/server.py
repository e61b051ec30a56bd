"""The gateway itself: a listening socket on loopback and a thread for each client."""

from __future__ import annotations

import ipaddress
import selectors
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Lock, Thread
from types import TracebackType
from typing import Self

from ibkr_sync.infrastructure.replay.protocol.dialect import (
    NEWEST_SERVER_VERSION,
    OLDEST_SERVER_VERSION,
)
from ibkr_sync.infrastructure.replay.protocol.requests import Request
from ibkr_sync.infrastructure.replay.rows import Recording
from ibkr_sync.infrastructure.replay.serving.backend import Backend, ClientFrame
from ibkr_sync.infrastructure.replay.serving.connection import Connection
from ibkr_sync.infrastructure.replay.serving.faults import Fault, FaultScript
from ibkr_sync.infrastructure.replay.serving.matching import ContractBook

DEFAULT_SERVER_VERSION = 187
ACCOUNTS = "DU0000000"

_IPV4 = 4


def _utc_now() -> datetime:
    return datetime.now(UTC)


class ReplayGateway:
    """A stand-in for TWS on loopback, answering from a recording; a context manager.

    Args:
        recording: what it knows.
        host: an IPv4 loopback address.
        port: 0 takes a free one.
        server_version: the newest version it offers, 157 to 226.
        faults: deviations from what TWS would do.
        now: aware instant by which contracts are expired and the clock is told.
        messages_per_second: limit over any sliding second; None doesn't limit.
        latency: seconds between each request and its reply.
        accounts: the login's accounts, comma-separated.

    Raises:
        ValueError: the address isn't loopback, or the server version isn't spoken here.
        OSError: the port can't be bound.
    """

    def __init__(
        self,
        recording: Recording,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        server_version: int = DEFAULT_SERVER_VERSION,
        faults: Sequence[Fault] = (),
        now: Callable[[], datetime] = _utc_now,
        messages_per_second: int | None = None,
        latency: float = 0.0,
        accounts: str = ACCOUNTS,
    ) -> None:
        self.host = _loopback(host)
        self._requested_port = port
        self._latency = latency
        self._lock = Lock()
        self._frames: list[ClientFrame] = []
        self._connections = 0
        self._threads: list[Thread] = []
        self._listener: socket.socket | None = None
        self._backend = Backend(
            server_version=_spoken(server_version),
            book=ContractBook(recording.contracts),
            market_rules={rule.market_rule_id: rule for rule in recording.market_rules},
            script=FaultScript(faults),
            now=now,
            messages_per_second=messages_per_second,
            accounts=accounts,
            log=self._log,
        )

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

    @property
    def connections(self) -> int:
        """How many connections were accepted so far."""
        with self._lock:
            return self._connections

    @property
    def frames(self) -> tuple[ClientFrame, ...]:
        """Every frame that clients sent so far, hellos included, in order of arrival."""
        with self._lock:
            return tuple(self._frames)

    @property
    def requests(self) -> tuple[Request, ...]:
        """What those frames asked for, as far as the gateway understood."""
        return tuple(each.request for each in self.frames if each.request is not None)

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
        with self._lock:
            self._connections += 1
            number = self._connections
        connection = Connection(
            client, number, self._backend, latency=self._latency, stop=self._stop_reader
        )
        thread = Thread(target=connection.run, name=f"replay-{number}", daemon=True)
        self._threads = [each for each in self._threads if each.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _log(self, client_frame: ClientFrame) -> None:
        with self._lock:
            self._frames.append(client_frame)


def _loopback(host: str) -> str:
    address = ipaddress.ip_address(host)
    if address.version != _IPV4 or not address.is_loopback:
        raise ValueError(f"the replay gateway listens on IPv4 loopback only, not on {host}")
    return host


def _spoken(server_version: int) -> int:
    if not OLDEST_SERVER_VERSION <= server_version <= NEWEST_SERVER_VERSION:
        raise ValueError(
            f"server version {server_version} is outside "
            f"{OLDEST_SERVER_VERSION}..{NEWEST_SERVER_VERSION}"
        )
    return server_version
