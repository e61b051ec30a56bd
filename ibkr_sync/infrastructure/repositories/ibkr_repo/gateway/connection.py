"""One TCP connection to a gateway: whole frames in, allow-listed frames out.

Takes the place of ibapi's own connection, which loses a reply that ends on a multiple of
4096 bytes, never times out on connecting, and sends whatever it is given.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

from ibkr_sync.domain.errors import (
    ConnectionLostError,
    GatewayUnreachableError,
    NotAGatewayError,
    UnreachableReason,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.frame_buffer import (
    FrameBuffer,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.messages import PROTOBUF_OFFSET

_CHUNK_BYTES = 64 * 1024
_LENGTH = struct.Struct("!I")

ALLOWED_MESSAGES = {
    9: "contract details",
    71: "start API",
    91: "market rule",
}
"""Message ids that may leave the process; whatever else is called on the client is refused."""


class ForbiddenMessageError(RuntimeError):
    """Something tried to send a message that is not read-only reference data; a bug."""


class GatewayConnection:
    """A socket, None if closed; `isConnected` and `sendMsg` bear the names that ibapi calls.

    Attributes:
        has_binary_ids: messages begin with their id in four bytes, as both sides agree on
            from server version 201 on.
    """

    def __init__(self, host: str, port: int, connected: socket.socket | None) -> None:
        self.host = host
        self.port = port
        self.has_binary_ids = False
        self._socket = connected
        self._buffer = FrameBuffer()
        self._send_lock = threading.Lock()

    @classmethod
    def open(cls, host: str, port: int, timeout: float) -> GatewayConnection:
        """Connect within `timeout` seconds; raises GatewayUnreachableError with the reason."""
        try:
            return cls(host, port, _connected_socket(host, port, timeout))
        except (socket.gaierror, UnicodeError) as error:  # IDNA refuses what is no host name
            reason, detail = UnreachableReason.UNKNOWN_HOST, f"host name does not resolve: {error}"
        except ConnectionRefusedError:
            reason, detail = UnreachableReason.REFUSED, "connection refused"
        except TimeoutError:
            reason, detail = UnreachableReason.TIMED_OUT, f"no answer within {timeout:g} s"
        except OSError as error:
            reason, detail = UnreachableReason.NETWORK, str(error)
        raise GatewayUnreachableError(host, port, reason, detail)

    def isConnected(self) -> bool:  # noqa: N802 - called by ibapi under this name
        """Whether the socket is still open on our side."""
        return self._socket is not None

    def send_hello(self, min_version: int, max_version: int) -> None:
        """Open the protocol by announcing the versions we speak."""
        versions = f"v{min_version}..{max_version}".encode("ascii")
        self._send(b"API\0" + _LENGTH.pack(len(versions)) + versions)

    def sendMsg(self, framed: bytes) -> int:  # noqa: N802 - called by ibapi under this name
        """Send one framed message; raises ForbiddenMessageError outside the allow-list."""
        _refuse_forbidden(framed, has_binary_ids=self.has_binary_ids)
        self._send(framed)
        return len(framed)

    def receive_frame(self, timeout: float) -> bytes | None:
        """The next whole frame, or None when none came within `timeout` seconds.

        Raises ConnectionLostError when the gateway closed or broke the connection, and
        NotAGatewayError when a frame beyond `MAX_FRAME_BYTES` is announced.
        """
        frame = self._next_buffered()
        if frame is not None:
            return frame
        connected = self._socket  # another thread may disconnect meanwhile
        if connected is None:
            raise self._lost("closed")
        try:
            connected.settimeout(timeout)
            chunk = connected.recv(_CHUNK_BYTES)
        except TimeoutError:
            return None
        except OSError as error:
            raise self._lost(str(error)) from error
        if not chunk:
            raise self._lost("closed by the gateway")
        self._buffer.feed(chunk)
        return self._next_buffered()

    def disconnect(self) -> None:
        """Close the socket, waking whoever waits on it; harmless when repeated."""
        closing, self._socket = self._socket, None
        if closing is None:
            return
        with contextlib.suppress(OSError):  # the peer may have been faster
            closing.shutdown(socket.SHUT_RDWR)
        closing.close()

    def _next_buffered(self) -> bytes | None:
        try:
            return self._buffer.next_frame()
        except ValueError as error:
            raise NotAGatewayError(self.host, self.port, str(error)) from error

    def _send(self, message: bytes) -> None:
        with self._send_lock:
            if self._socket is None:
                raise self._lost("closed")
            try:
                self._socket.sendall(message)
            except OSError as error:
                # Part of the message may be out: nothing that follows it could be understood.
                self.disconnect()
                raise self._lost(str(error)) from error

    def _lost(self, detail: str) -> ConnectionLostError:
        return ConnectionLostError(self.host, self.port, detail)


def _connected_socket(host: str, port: int, timeout: float) -> socket.socket:
    connected = socket.create_connection((host, port), timeout)
    try:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    except OSError:
        connected.close()
        raise
    return connected


def _refuse_forbidden(framed: bytes, *, has_binary_ids: bool) -> None:
    """Raise ForbiddenMessageError unless this is exactly one frame of an allowed message."""
    payload = framed[_LENGTH.size :]
    if framed[: _LENGTH.size] != _LENGTH.pack(len(payload)):
        raise ForbiddenMessageError("what is not exactly one frame may not be sent")
    message_id = _binary_id(payload) if has_binary_ids else _text_id(payload)
    if message_id not in ALLOWED_MESSAGES:
        raise ForbiddenMessageError(f"message {payload[:20]!r} may not be sent")


def _text_id(payload: bytes) -> int | None:
    message_id = payload.split(b"\0", 1)[0]
    return int(message_id) if message_id.isdigit() else None


def _binary_id(payload: bytes) -> int | None:
    if len(payload) < _LENGTH.size:
        return None
    (message_id,) = _LENGTH.unpack_from(payload)
    return int(message_id - PROTOBUF_OFFSET if message_id > PROTOBUF_OFFSET else message_id)
