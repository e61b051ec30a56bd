"""Frames come back from their differences, whatever the frames of the base are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.infrastructure.repositories.local_repo.evidence.frame_differences import (
    MalformedDifferencesError,
    decode_differences,
    encode_differences,
)
from one_case import one_case

MOST = 1000
fields = st.sampled_from([b"", b"ES", b"600000001", b"20261218 08:30 US/Central", b"\xff\0\x01"])
frames = st.lists(
    st.binary(max_size=40) | st.lists(fields, min_size=20, max_size=30).map(b"\0".join),
    max_size=8,
)


def decoded(encoded: bytes, base: list[bytes]) -> list[bytes]:
    return list(decode_differences(encoded, base, most=MOST, most_bytes=100_000))


@given(frames, frames)
def test_any_frames_come_back_beside_any_base(received: list[bytes], base: list[bytes]) -> None:
    assert decoded(encode_differences(received, base), base) == received


@given(frames, st.binary(max_size=30))
def test_frames_in_another_order_with_other_ends_come_back(base: list[bytes], end: bytes) -> None:
    shuffled = sorted(base)
    received = [part + end for part in shuffled]
    assert decoded(encode_differences(received, base), base) == received


def chain(hours: str, request: int) -> list[bytes]:
    row = "10\0{request}\0ES{number}\0{con_id}\0{hours}\0" + "x\0" * 20
    return [
        row.format(request=request, number=number, con_id=600000 + number, hours=hours).encode()
        for number in range(100)
    ]


@one_case("step", [1, -1])
def test_a_chain_whose_hours_roll_takes_a_few_bytes_for_each_frame(step: int) -> None:
    base, received = chain("20261201:1700-20261202:1600", 7), chain("20261202:CLOSED", 8)[::step]
    encoded = encode_differences(received, base)
    assert decoded(encoded, base) == received
    assert len(encoded) < 10 * len(received)


@given(st.binary(max_size=60), frames)
def test_what_no_encoder_wrote_is_refused_or_read_within_bounds(
    encoded: bytes, base: list[bytes]
) -> None:
    try:
        found = decoded(encoded, base)
    except MalformedDifferencesError:
        return
    assert len(found) <= MOST


@one_case(
    ("encoded", "reason"),
    [
        (b"", "cut off"),
        (b"\x01", "cut off"),
        (b"\x01\x09", "more than 2"),
        (b"\x00\x00\x00", "more than -1"),
        (b"\x01\x00\x02", "cut off"),
        (b"\x01\x00\x7f\x00", "is not there"),
        (b"\x01\x01\x05\x09\x00\x01\x00", "beyond its base"),
        (b"\x80\x80\x80\x80\x80\x00", "too long"),
        (b"\x01\x00" + b"\x01\x00" * 2, "not there"),
    ],
)
def test_what_does_not_fit_is_refused(encoded: bytes, reason: str) -> None:
    with pytest.raises(MalformedDifferencesError, match=reason):
        decoded(encoded, [b"ES"])


def test_frames_beyond_any_bound_are_refused() -> None:
    many = encode_differences([b"ES"] * 9, [b"ES"])
    with pytest.raises(MalformedDifferencesError, match="more than"):
        decode_differences(many, [b"ES"], most=8, most_bytes=100)
    with pytest.raises(MalformedDifferencesError, match="more than"):
        decode_differences(many, [b"ES"], most=100, most_bytes=17)


edits_of_fields = st.dictionaries(st.integers(0, 25), fields | st.just(b"new"), max_size=4)


@given(
    st.lists(st.lists(fields, min_size=22, max_size=25), min_size=2, max_size=6), edits_of_fields
)
def test_frames_that_differ_alike_come_back(
    base: list[list[bytes]], edits: dict[int, bytes]
) -> None:
    received = [[edits.get(at, field) for at, field in enumerate(frame)] for frame in base]
    texts, others = [b"\0".join(frame) for frame in base], [b"\0".join(row) for row in received]
    assert decoded(encode_differences(others, texts), texts) == others
