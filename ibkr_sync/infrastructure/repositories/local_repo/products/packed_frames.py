"""How a raw reply is kept: framed, compressed, with a checksum.

Each frame is its length as four bytes, big-endian, followed by its payload; the frames stand
one after another in order of arrival, and zlib compresses the whole. The checksum is SHA-256,
in hexadecimal, of the framed bytes before compression.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

_LENGTH = struct.Struct(">I")


class DamagedEvidenceError(ValueError):
    """Stored frames that do not match their checksum or their framing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedFrames:
    """A reply ready to be stored."""

    frames: bytes
    sha256: str
    frame_count: int


def pack_frames(frames: Sequence[bytes]) -> PackedFrames:
    """Frame, digest and compress payloads in order of arrival."""
    framed = b"".join(_LENGTH.pack(len(frame)) + frame for frame in frames)
    return PackedFrames(
        frames=zlib.compress(framed),
        sha256=hashlib.sha256(framed).hexdigest(),
        frame_count=len(frames),
    )


def unpack_frames(packed: PackedFrames) -> tuple[bytes, ...]:
    """Give the payloads back; raises DamagedEvidenceError if they would differ."""
    try:
        framed = zlib.decompress(packed.frames)
    except zlib.error as error:
        raise DamagedEvidenceError(f"stored frames can't be decompressed: {error}") from error
    if hashlib.sha256(framed).hexdigest() != packed.sha256:
        raise DamagedEvidenceError("stored frames do not match their checksum")
    frames: list[bytes] = []
    position = 0
    while position < len(framed):
        (length,) = _LENGTH.unpack_from(framed, position)
        position += _LENGTH.size
        frames.append(framed[position : position + length])
        position += length
    return tuple(frames)
