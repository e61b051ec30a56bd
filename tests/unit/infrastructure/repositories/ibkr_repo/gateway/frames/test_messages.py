from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.messages import message_in_frame
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.protobuf_frames import (
    ProtobufMessage,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.text_frames import (
    MalformedFrameError,
    TextMessage,
)


def test_up_to_200_the_message_id_is_text() -> None:
    message = message_in_frame(b"52\x001\x0012\0", 200)
    assert message == TextMessage(52, (b"52", b"1", b"12"), 200)
    assert message.request_id() == 12


def test_from_201_on_the_message_id_comes_first_in_four_bytes() -> None:
    message = message_in_frame(b"\0\0\0\x34" + b"1\x0012\0", 201)
    assert message == TextMessage(52, (b"52", b"1", b"12"), 201)
    assert message.request_id() == 12


def test_an_id_above_200_means_protobuf_under_the_id_200_lower() -> None:
    message = message_in_frame(b"\0\0\0\xfc" + b"\x08\x0c", 205)
    assert message == ProtobufMessage(52, b"\x08\x0c")
    assert message.request_id() == 12


@pytest.mark.parametrize(
    ("frame", "server_version"),
    [(b"", 200), (b"x\0", 200), (b"", 201), (b"\0\0\0", 201), (b"\0\0\0\xfc\x08\x0c", 200)],
)
def test_a_frame_without_a_message_id_is_refused(frame: bytes, server_version: int) -> None:
    with pytest.raises(MalformedFrameError):
        message_in_frame(frame, server_version)


@given(st.binary(max_size=60), st.sampled_from([157, 200, 201, 226]))
def test_no_frame_breaks_the_reader(frame: bytes, server_version: int) -> None:
    try:
        message = message_in_frame(frame, server_version)
        message.request_id()
        message.row_text()
    except MalformedFrameError:
        pass
