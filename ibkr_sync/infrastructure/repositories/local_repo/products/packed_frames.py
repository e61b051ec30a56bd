"""How a raw reply is kept: framed, compressed, with a checksum.

Each frame is its length as four bytes, big-endian, followed by its payload; the frames stand
one after another in order of arrival, and zlib compresses the whole. The checksum is SHA-256,
in hexadecimal, of the framed bytes before compression.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MAX_UNPACKED = 32 * 1024 * 1024
"""Bytes; no gateway may send a reply that comes near it."""

MAX_FRAMES = 50_000

_LENGTH = struct.Struct(">I")


class DamagedEvidenceError(ValueError):
    """Stored frames that do not match their checksum or their framing, or fill the memory."""


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
    framed = _decompress(packed.frames)
    if hashlib.sha256(framed).hexdigest() != packed.sha256:
        raise DamagedEvidenceError("stored frames do not match their checksum")
    return tuple(_split(framed))


def _decompress(compressed: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        framed = unpacking.decompress(compressed, MAX_UNPACKED)
    except zlib.error as error:
        raise DamagedEvidenceError(f"stored frames can't be decompressed: {error}") from error
    if unpacking.unconsumed_tail:
        raise DamagedEvidenceError(f"stored frames take more than {MAX_UNPACKED} bytes")
    if not unpacking.eof:
        raise DamagedEvidenceError("stored frames can't be decompressed: they are cut off")
    return framed


def _split(framed: bytes) -> Iterator[bytes]:
    position = 0
    for _ in range(MAX_FRAMES):
        if position == len(framed):
            return
        if position + _LENGTH.size > len(framed):
            raise DamagedEvidenceError("stored frames are cut off")
        (length,) = _LENGTH.unpack_from(framed, position)
        position += _LENGTH.size
        yield framed[position : position + length]
        position += length
    if position < len(framed):
        raise DamagedEvidenceError(f"there are more than {MAX_FRAMES} stored frames")
