"""From a host and port to a connection whose server version is known."""

from __future__ import annotations

import time
from typing import NamedTuple

from ibkr_sync.domain.errors import (
    ConnectionLostError,
    HandshakeClosedError,
    HandshakeTimeoutError,
    NotAGatewayError,
    UnsupportedServerVersionError,
)
from ibkr_sync.domain.untrusted_text import clean_text
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.connection import GatewayConnection
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.messages import (
    BINARY_MESSAGE_IDS,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.text_frames import (
    split_text_frame,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway_parameters import (
    GatewayParameters,
)

MIN_SERVER_VERSION = 157
"""The oldest protocol version that the tests cover."""

_HANDSHAKE_FIELDS = 2  # server version and connection time
_LONGEST_TIME = 60


class Handshake(NamedTuple):
    """A connection whose server version is known; `nextValidId` is due by `deadline`.

    `deadline` is monotonic seconds; `connection_time` is the gateway's clock as it gave it, in
    the zone of its login.
    """

    connection: GatewayConnection
    server_version: int
    deadline: float
    connection_time: str


def negotiate_handshake(
    parameters: GatewayParameters, client_versions: tuple[int, int]
) -> Handshake:
    """Connect and negotiate the oldest and newest version we speak.

    Raises GatewayUnreachableError or one of the HandshakeErrors; then nothing stays open.
    """
    host, port = parameters.host, parameters.port
    connection = GatewayConnection.open(host, port, parameters.connect_timeout)
    deadline = time.monotonic() + parameters.handshake_timeout
    try:
        connection.send_hello(*client_versions)
        fields = _await_answer(connection, deadline)
        version = _server_version(host, port, fields, client_versions)
    except ConnectionLostError as error:
        connection.disconnect()
        raise HandshakeClosedError(host, port, error.detail) from error
    except BaseException:
        connection.disconnect()
        raise
    connection.has_binary_ids = version >= BINARY_MESSAGE_IDS
    connection_time = clean_text(fields[1].decode("utf-8", "replace")[:_LONGEST_TIME]) or ""
    return Handshake(connection, version, deadline, connection_time)


def _await_answer(connection: GatewayConnection, deadline: float) -> tuple[bytes, ...]:
    while (remaining := deadline - time.monotonic()) > 0:
        frame = connection.receive_frame(remaining)
        if frame is None:
            continue
        fields = split_text_frame(frame)
        # Status messages may come before the answer; all of them have more fields.
        if len(fields) <= _HANDSHAKE_FIELDS:
            return fields
    raise HandshakeTimeoutError(
        connection.host, connection.port, "no answer to the protocol handshake"
    )


def _server_version(
    host: str, port: int, fields: tuple[bytes, ...], client_versions: tuple[int, int]
) -> int:
    if len(fields) != _HANDSHAKE_FIELDS:
        raise NotAGatewayError(host, port, "the answer to the handshake is not TWS's")
    text = fields[0].decode("ascii", "replace")[:20]
    if not (text.isascii() and text.isdigit()):
        raise UnsupportedServerVersionError(host, port, f"server version {text!r}")
    version = int(text)
    newest = client_versions[1]
    if not MIN_SERVER_VERSION <= version <= newest:
        raise UnsupportedServerVersionError(
            host, port, f"server version {text}; supported are {MIN_SERVER_VERSION} to {newest}"
        )
    return version
