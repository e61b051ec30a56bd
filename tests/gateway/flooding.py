"""A gateway that sends whatever it is given, to all that is asked at once."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeAlias

from gateway.dialects import dialect_for
from ibkr_sync.infrastructure.replay.protocol.requests import (
    ContractDataRequest,
    MarketRuleRequest,
    StartApiRequest,
)
from ibkr_sync.infrastructure.replay.protocol.wire import (
    WireBuffer,
    WireError,
    wire_frame,
    wire_from_fields,
)

Question: TypeAlias = ContractDataRequest | MarketRuleRequest | StartApiRequest

Answer: TypeAlias = Callable[[Question], Iterable[bytes]]
"""The payloads that follow a question, made one by one so that none pile up here."""

_PREFIX = b"API\0"


class FloodingGateway:
    """Speaks just enough of the protocol for a session; a context manager.

    The answers to several questions come by turns, a payload of one after one of the other.
    """

    def __init__(self, answer: Answer, server_version: int = 157) -> None:
        self._answer = answer
        self._dialect = dialect_for(server_version)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets = [self._listener]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for other in self._sockets:
            with suppress(OSError):
                other.shutdown(socket.SHUT_RDWR)
            other.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._sockets.append(client)
                thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, WireError, ValueError):
            self._converse(client)

    def _converse(self, client: socket.socket) -> None:
        frames = WireBuffer()
        client.recv(len(_PREFIX), socket.MSG_WAITALL)
        greeting = wire_from_fields((str(self._dialect.server_version), "20261123 12:00:00 EST"))
        client.sendall(wire_frame(greeting))
        is_greeted = False
        answers: list[Iterator[bytes]] = []
        while True:
            if not answers or select.select([client], [], [], 0)[0]:
                data = client.recv(65536)
                if not data:
                    return
                for payload in frames.feed(data):
                    if is_greeted:
                        answers.append(iter(self._answer_to(payload)))
                    is_greeted = True
            for answer in tuple(answers):
                following = next(answer, None)
                if following is None:
                    answers.remove(answer)
                else:
                    client.sendall(wire_frame(following))

    def _answer_to(self, payload: bytes) -> Iterable[bytes]:
        question = self._dialect.decode(payload)
        if isinstance(question, StartApiRequest):
            yield self._dialect.next_valid_id(1)
        if isinstance(question, StartApiRequest | ContractDataRequest | MarketRuleRequest):
            yield from self._answer(question)
