"""From a frame to a message of the protocol that was negotiated: text, or protobuf."""

from __future__ import annotations

from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.protobuf_frames import (
    ProtobufMessage,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.text_frames import (
    MalformedFrameError,
    TextMessage,
    message_id_of_text,
    split_text_frame,
)

BINARY_MESSAGE_IDS = 201
"""The server version from which on a frame begins with its message id in four bytes."""

PROTOBUF_OFFSET = 200
"""What is added to the id of a message whose body is protobuf instead of text."""

_ID_BYTES = 4

Message = TextMessage | ProtobufMessage


def message_in_frame(frame: bytes, server_version: int) -> Message:
    """Give what message a frame is; raises MalformedFrameError when it has no message id."""
    if server_version < BINARY_MESSAGE_IDS:
        return TextMessage(message_id_of_text(split_text_frame(frame, 1)), frame, server_version)
    if len(frame) < _ID_BYTES:
        raise MalformedFrameError(f"{len(frame)} bytes hold no message id")
    binary_id, body = int.from_bytes(frame[:_ID_BYTES], "big"), frame[_ID_BYTES:]
    if binary_id > PROTOBUF_OFFSET:
        return ProtobufMessage(binary_id - PROTOBUF_OFFSET, body)
    # Positions of fields count the message id, which text has no more.
    return TextMessage(binary_id, b"%d\0%b" % (binary_id, body), server_version)
