"""The lowest layer of the TWS protocol: length-prefixed frames and NUL-terminated fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

MAX_CLIENT_FRAME = 1 << 20
"""Bytes; no request of a client comes near it."""

_PREFIX = 4


class WireError(ValueError):
    """Bytes from a peer that cannot be frames or fields."""


def wire_frame(payload: bytes) -> bytes:
    """Put the four-byte big-endian length before a payload."""
    return len(payload).to_bytes(_PREFIX, "big") + payload


def wire_from_fields(fields: Iterable[str]) -> bytes:
    """Encode fields, each ended by NUL; surrogate escapes come out as the raw bytes they hide."""
    return "".join(f"{field}\0" for field in fields).encode("utf-8", "surrogateescape")


def fields_from_wire(payload: bytes) -> tuple[str, ...]:
    """Decode the fields of a payload; invalid UTF-8 becomes surrogate escapes.

    Raises:
        WireError: the last field isn't ended by NUL.
    """
    if not payload:
        return ()
    *fields, rest = payload.decode("utf-8", "surrogateescape").split("\0")
    if rest:
        raise WireError(f"the last field of {len(payload)} bytes is not ended by NUL")
    return tuple(fields)


class WireBuffer:
    """Cuts a byte stream into payloads, however the stream was chunked."""

    def __init__(self, max_frame: int = MAX_CLIENT_FRAME) -> None:
        self._pending = bytearray()
        self._max_frame = max_frame

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Add received bytes and yield each payload that is now whole.

        Raises:
            WireError: a length prefix announces more than the maximum.
        """
        self._pending += data
        while len(self._pending) >= _PREFIX:
            size = int.from_bytes(self._pending[:_PREFIX], "big")
            if size > self._max_frame:
                raise WireError(f"a frame of {size} bytes exceeds {self._max_frame}")
            end = _PREFIX + size
            if len(self._pending) < end:
                return
            payload = bytes(self._pending[_PREFIX:end])
            del self._pending[:end]
            yield payload
