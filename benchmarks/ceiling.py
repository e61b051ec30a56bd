"""How fast the replay gateway itself answers: everything is asked at once and thrown away."""

from __future__ import annotations

import socket
import struct
import time

from ibkr_sync.domain.naming.query import FutureQuery

_LENGTH = struct.Struct(">I")
_SERVER_VERSION = 157
_START_API = "71"
_CONTRACT_REQUEST, _REQUEST_FORM = "9", "8"
_ROW, _END = b"10", b"52"


def contracts_per_second(port: int, queries: list[FutureQuery]) -> float:
    """Ask for all products over one bare socket, and count the rows until all replies ended."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        versions = f"v100..{_SERVER_VERSION}".encode()
        connection.sendall(b"API\0" + _LENGTH.pack(len(versions)) + versions)
        frames = _Frames(connection)
        frames.next()
        connection.sendall(_framed(_START_API, "2", "77", ""))
        began = time.perf_counter()
        connection.sendall(
            b"".join(_request(number, query) for number, query in enumerate(queries, start=1))
        )
        rows = ends = 0
        while ends < len(queries):
            message_id = frames.next().partition(b"\0")[0]
            rows += message_id == _ROW
            ends += message_id == _END
        return rows / (time.perf_counter() - began)


class _Frames:
    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._bytes = b""
        self._at = 0

    def next(self) -> bytes:
        while True:
            held = len(self._bytes) - self._at
            if held >= _LENGTH.size:
                (length,) = _LENGTH.unpack_from(self._bytes, self._at)
                if held >= _LENGTH.size + length:
                    start = self._at + _LENGTH.size
                    self._at = start + length
                    return self._bytes[start : self._at]
            chunk = self._connection.recv(1 << 18)
            if not chunk:
                raise ConnectionError("the gateway has hung up")
            self._bytes = self._bytes[self._at :] + chunk
            self._at = 0


def _request(number: int, query: FutureQuery) -> bytes:
    contract = ("0", query.symbol, "FUT", "", "0", "", "", query.exchange or "", "", "", "", "")
    return _framed(_CONTRACT_REQUEST, _REQUEST_FORM, str(number), *contract, "0", "", "")


def _framed(*fields: str) -> bytes:
    payload = "".join(f"{field}\0" for field in fields).encode()
    return _LENGTH.pack(len(payload)) + payload
