"""Frames out of a stream of bytes."""

from __future__ import annotations

import struct

MAX_FRAME_BYTES = 1024 * 1024
"""No contract row comes near this; a longer length prefix is an attack or another protocol."""

_LENGTH = struct.Struct("!I")


class FrameBuffer:
    """Cuts a byte stream into length-prefixed frames, however it was chopped up in transit."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Append what was received."""
        self._bytes += chunk

    def next_frame(self) -> bytes | None:
        """The next whole frame without its prefix, or None; ValueError beyond the size limit."""
        if len(self._bytes) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._bytes)
        if length > MAX_FRAME_BYTES:
            raise ValueError(f"frame of {length} bytes announced")
        end = _LENGTH.size + length
        if len(self._bytes) < end:
            return None
        frame = bytes(self._bytes[_LENGTH.size : end])
        del self._bytes[:end]
        return frame
