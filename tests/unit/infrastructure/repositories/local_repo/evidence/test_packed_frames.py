import dataclasses
import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.infrastructure.repositories.local_repo.evidence.packed_frames import (
    MAX_FRAMES,
    MAX_UNPACKED,
    DamagedFramesError,
    PackedFrames,
    pack_frames,
    unpack_frames,
)
from one_case import one_case

replies = st.lists(st.binary(max_size=300), max_size=5)


@given(replies)
def test_frames_come_back_as_they_were(frames: list[bytes]) -> None:
    packed = pack_frames(frames)
    assert unpack_frames(packed) == tuple(frames)
    assert packed.frame_count == len(frames)


def test_the_framing_is_the_one_documented() -> None:
    packed = pack_frames([b"ab", b""])
    framed = b"\0\0\0\2ab\0\0\0\0"
    assert zlib.decompress(packed.frames) == framed
    assert packed.sha256 == hashlib.sha256(framed).hexdigest()


@given(replies.filter(any), st.data())
def test_a_damaged_reply_never_yields_other_frames(
    frames: list[bytes], data: st.DataObject
) -> None:
    packed = pack_frames(frames)
    position = data.draw(st.integers(2, len(packed.frames) - 1))
    flipped = bytearray(packed.frames)
    flipped[position] ^= 1 << data.draw(st.integers(0, 7))
    damaged = PackedFrames(
        frames=bytes(flipped), sha256=packed.sha256, frame_count=packed.frame_count
    )
    try:
        unpacked = unpack_frames(damaged)
    except DamagedFramesError:
        return
    assert unpacked == tuple(frames)  # zlib has bits that mean nothing


def test_a_reply_that_does_not_match_its_checksum_is_refused() -> None:
    packed = dataclasses.replace(pack_frames([b"ES"]), sha256=pack_frames([b"NQ"]).sha256)
    with pytest.raises(DamagedFramesError, match="checksum"):
        unpack_frames(packed)


def test_a_reply_that_can_not_be_decompressed_is_refused() -> None:
    packed = dataclasses.replace(pack_frames([b"ES"]), frames=b"not zlib")
    with pytest.raises(DamagedFramesError, match="decompressed"):
        unpack_frames(packed)


def packed_as(framed: bytes, *, cut: int = 0) -> PackedFrames:
    frames = zlib.compress(framed)
    return PackedFrames(
        frames=frames[: len(frames) - cut],
        sha256=hashlib.sha256(framed).hexdigest(),
        frame_count=1,
    )


@one_case(
    ("framed", "cut", "reason"),
    [
        (MAX_UNPACKED + 1, 0, "take more than"),
        (b"\0\0\0\2ES", 1, "cut off"),
        (b"\0\0\0\3ES", 0, "cut off"),
        (b"\0\0\0\1E\0\0", 0, "cut off"),
        (4 * MAX_FRAMES + 4, 0, "more than 50000"),
    ],
)
def test_a_reply_that_is_cut_off_or_beyond_any_bound_is_refused(
    framed: bytes | int, cut: int, reason: str
) -> None:
    packed = packed_as(bytes(framed), cut=cut)
    with pytest.raises(DamagedFramesError, match=reason):
        unpack_frames(packed)


def test_as_many_frames_as_are_allowed_come_back() -> None:
    assert len(unpack_frames(packed_as(bytes(4 * MAX_FRAMES)))) == MAX_FRAMES
