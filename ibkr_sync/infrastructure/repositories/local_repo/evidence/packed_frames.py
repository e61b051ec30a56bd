"""How a raw reply is kept: framed, compressed, with a checksum.

Each frame is its length as four bytes, big-endian, followed by its payload; the frames stand
one after another in order of arrival, and zlib compresses the whole. Beside an earlier reply to
the same question, its base, they are differences from that one's frames instead (see
`frame_differences`), compressed with the end of the framed base as preset dictionary. In both
cases the checksum is SHA-256, in hexadecimal, of the framed bytes before compression.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ibkr_sync.infrastructure.repositories.local_repo.evidence.frame_differences import (
    MalformedDifferencesError,
    decode_differences,
    encode_differences,
)

MAX_UNPACKED = 32 * 1024 * 1024
"""Bytes; no gateway may send a reply that comes near it."""

MAX_FRAMES = 50_000

_LENGTH = struct.Struct(">I")
_WINDOW = 32 * 1024
"""Bytes that zlib looks back."""


class DamagedFramesError(ValueError):
    """Stored frames that do not match their checksum or their framing, or fill the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedFrames:
    """A reply ready to be stored."""

    frames: bytes
    sha256: str
    frame_count: int


def pack_frames(frames: Sequence[bytes], base: Sequence[bytes] = ()) -> PackedFrames:
    """Frame, digest and compress payloads in order of arrival, beside a base where one is given."""
    framed = _framed(frames)
    if base:
        packing = zlib.compressobj(zdict=_dictionary(base))
        compressed = packing.compress(encode_differences(frames, base)) + packing.flush()
    else:
        compressed = zlib.compress(framed)
    return PackedFrames(
        frames=compressed,
        sha256=hashlib.sha256(framed).hexdigest(),
        frame_count=len(frames),
    )


def unpack_frames(packed: PackedFrames, base: Sequence[bytes] = ()) -> tuple[bytes, ...]:
    """Give the payloads back, with the base that they were packed beside.

    Raises DamagedFramesError if they would differ.
    """
    if base:
        encoded = _decompress(packed.frames, _dictionary(base))
        frames: tuple[bytes, ...] | None
        try:
            frames = decode_differences(encoded, base, most_bytes=MAX_UNPACKED, most=MAX_FRAMES)
        except MalformedDifferencesError as error:
            raise DamagedFramesError(f"stored frames can't be rebuilt: {error}") from error
        framed = _framed(frames)
    else:
        framed = _decompress(packed.frames)
        frames = None
    if hashlib.sha256(framed).hexdigest() != packed.sha256:
        raise DamagedFramesError("stored frames do not match their checksum")
    return tuple(_split(framed)) if frames is None else frames


def _framed(frames: Sequence[bytes]) -> bytes:
    return b"".join(_LENGTH.pack(len(frame)) + frame for frame in frames)


def _dictionary(base: Sequence[bytes]) -> bytes:
    """As much of the base as zlib looks back on; the hours of its chain are in any part."""
    return _framed(base)[-_WINDOW:]


def _decompress(compressed: bytes, dictionary: bytes = b"") -> bytes:
    unpacking = zlib.decompressobj(zdict=dictionary) if dictionary else zlib.decompressobj()
    try:
        framed = unpacking.decompress(compressed, MAX_UNPACKED)
    except zlib.error as error:
        raise DamagedFramesError(f"stored frames can't be decompressed: {error}") from error
    if unpacking.unconsumed_tail:
        raise DamagedFramesError(f"stored frames take more than {MAX_UNPACKED} bytes")
    if not unpacking.eof:
        raise DamagedFramesError("stored frames can't be decompressed: they are cut off")
    return framed


def _split(framed: bytes) -> Iterator[bytes]:
    position = 0
    for _ in range(MAX_FRAMES):
        if position == len(framed):
            return
        if position + _LENGTH.size > len(framed):
            raise DamagedFramesError("stored frames are cut off")
        (length,) = _LENGTH.unpack_from(framed, position)
        position += _LENGTH.size
        yield framed[position : position + length]
        position += length
    if position < len(framed):
        raise DamagedFramesError(f"there are more than {MAX_FRAMES} stored frames")
