"""One session with a gateway: many requests in flight, each ending in a reply or an error."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from types import TracebackType
from typing import Self

from ibkr_sync.domain.errors import (
    ClientIdInUseError,
    ConnectionLostError,
    HandshakeClosedError,
    HandshakeTimeoutError,
    IbkrSyncError,
    InvalidReplyError,
    PacingError,
    RequestRejectedError,
    UpstreamDownError,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo import frames
from ibkr_sync.infrastructure.repositories.ibkr_repo.client import (
    CLIENT_VERSIONS,
    IBAPI_VERSION,
    End,
    Event,
    Ladder,
    Notice,
    ReadOnlyClient,
    Ready,
    Row,
    ServerTime,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.frames import MalformedFrameError
from ibkr_sync.infrastructure.repositories.ibkr_repo.handshake import connect
from ibkr_sync.infrastructure.repositories.ibkr_repo.notices import (
    CONNECTIVITY_LOST,
    PORT_RESET,
    RESTORES,
    Meaning,
    meaning_of,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.pacing import Pacer
from ibkr_sync.infrastructure.repositories.ibkr_repo.parameters import GatewayParameters
from ibkr_sync.infrastructure.repositories.ibkr_repo.pending import MAX_ROWS, PendingReplies
from ibkr_sync.infrastructure.repositories.ibkr_repo.replies import (
    ContractReply,
    ContractRequest,
    ReceivedRow,
)

_log = logging.getLogger(__name__)

_POLL_SECONDS = 0.1
"""How late a deadline may be noticed."""

_HANDLED_MESSAGES = frozenset(
    (
        frames.CONTRACT_DATA,
        frames.CONTRACT_DATA_END,
        frames.CURRENT_TIME,
        frames.ERROR_MESSAGE,
        frames.MARKET_RULE,
        frames.NEXT_VALID_ID,
    )
)
"""Others are not decoded at all, so they can do no harm; account ids are among them."""


class GatewaySession:
    """A connected session; use it as a context manager.

    One thread reads, decodes and watches the deadlines. Nothing that arrives can end it
    silently: a frame that can't be decoded fails the request it belongs to, and what ends
    the session fails every request that is due.
    """

    def __init__(
        self,
        parameters: GatewayParameters,
        *,
        client_id: int,
        pacer: Pacer,
        request_ids: itertools.count[int],
        clock: Callable[[], datetime],
    ) -> None:
        """Connect and wait for `nextValidId`.

        Raises GatewayUnreachableError, a HandshakeError (ClientIdInUseError when TWS says
        326) or UpstreamDownError; then nothing stays open.
        """
        self._parameters = parameters
        self._pacer = pacer
        self._request_ids = request_ids
        self._clock = clock
        self._pending = PendingReplies(parameters.idle_timeout, parameters.total_timeout)
        self._ready: Future[None] = Future()
        self._server_time: Future[ServerTime] = Future()
        self._outages: dict[int, str] = {}
        self._end: IbkrSyncError | None = None
        self._connection, self.server_version = connect(parameters, CLIENT_VERSIONS)
        self._client = ReadOnlyClient(self._connection, client_id, self.server_version)
        self._reader = threading.Thread(target=self._read, name="gateway-reader", daemon=True)
        self._reader.start()
        try:
            self._client.startApi()
            self._ready.result(parameters.handshake_timeout)
        except TimeoutError:
            self.close()
            raise HandshakeTimeoutError(
                parameters.host, parameters.port, "connected, but nextValidId never came"
            ) from None
        except ConnectionLostError as error:
            self.close()
            raise HandshakeClosedError(parameters.host, parameters.port, error.detail) from error
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def is_alive(self) -> bool:
        """Whether requests can still be answered."""
        return self._end is None

    def request_contracts(self, request: ContractRequest) -> Future[ContractReply]:
        """Send a request as soon as pacing allows; its result is a complete reply.

        The result raises RequestRejectedError, InvalidReplyError, ReplyTimeoutError,
        PacingError, UpstreamDownError or ConnectionLostError.
        """
        self._pacer.await_turn()
        request_id = next(self._request_ids)
        result = self._pending.expect_contracts(request_id, request, time.monotonic())
        try:
            self._refuse_if_down()
            self._client.send_contract_request(request_id, request)
        except IbkrSyncError as error:
            self._pending.fail(request_id, error)
        except MalformedFrameError as error:
            self._pending.fail(
                request_id, InvalidReplyError(str(request), "request", "", str(error))
            )
        return result

    def request_ladder(self, market_rule_id: int) -> Future[Ladder]:
        """Ask for a tick ladder as soon as pacing allows; raises ConnectionLostError."""
        self._pacer.await_turn()
        result = self._pending.expect_ladder(market_rule_id, time.monotonic())
        self._refuse_if_down()
        self._client.send_market_rule_request(market_rule_id)
        return result

    def request_time(self) -> Future[ServerTime]:
        """Ask for the gateway's clock as soon as pacing allows; raises ConnectionLostError."""
        self._pacer.await_turn()
        self._refuse_if_down()
        self._server_time = Future()
        self._client.send_time_request()
        return self._server_time

    def close(self) -> None:
        """End the session; requests that are due fail. Harmless when repeated."""
        self._finish(self._lost("closed by us"))
        self._connection.disconnect()
        if threading.current_thread() is not self._reader:
            self._reader.join(timeout=2.0)

    @property
    def _address(self) -> tuple[str, int]:
        return self._parameters.host, self._parameters.port

    def _lost(self, detail: str) -> ConnectionLostError:
        return ConnectionLostError(*self._address, detail)

    def _refuse_if_down(self) -> None:
        reason = self._end or self._outage()
        if reason is not None:
            raise reason

    def _finish(self, error: IbkrSyncError) -> None:
        if self._end is None:
            self._end = error
        self._pending.fail_all(self._end)
        if not self._ready.done():
            self._ready.set_exception(self._end)

    def _read(self) -> None:
        try:
            while self._end is None:
                frame = self._connection.receive_frame(_POLL_SECONDS)
                if frame is not None:
                    self._take(frame)
                self._pending.expire(time.monotonic())
        except IbkrSyncError as error:
            self._finish(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, waiting requests must learn of it
            _log.exception("the gateway session failed")
            self._finish(self._lost(f"internal error: {error!r}"))
        finally:
            self._connection.disconnect()

    def _take(self, frame: bytes) -> None:
        fields = frames.split_fields(frame)
        try:
            message_id = frames.message_id(fields)
        except MalformedFrameError as error:
            _log.warning("ignored a message: %s", error)
            return
        if message_id not in _HANDLED_MESSAGES:
            return
        if message_id in (frames.CONTRACT_DATA, frames.CONTRACT_DATA_END):
            self._take_reply(message_id, fields, frame)
            return
        try:
            self._react(self._client.decode_fields(fields))
        except MalformedFrameError as error:
            _log.warning("ignored message %d: %s", message_id, error)

    def _take_reply(self, message_id: int, fields: tuple[bytes, ...], frame: bytes) -> None:
        try:
            request_id = frames.request_id(fields, self.server_version)
        except MalformedFrameError as error:
            # It may belong to any reply in flight, so none of them can be trusted.
            self._pending.fail_all(InvalidReplyError("a reply", "request id", "", str(error)))
            return
        if request_id not in self._pending:
            _log.info("ignored a late row of request %d", request_id)
            return
        self._pending.note_progress(time.monotonic())
        try:
            if message_id == frames.CONTRACT_DATA:
                self._add_row(request_id, fields, frame)
            else:
                self._client.decode_fields(fields)
                self._complete(request_id, frame)
        except MalformedFrameError as error:
            what = "contract row" if message_id == frames.CONTRACT_DATA else "end marker"
            self._pending.fail(request_id, InvalidReplyError("a reply", what, "", str(error)))

    def _add_row(self, request_id: int, fields: tuple[bytes, ...], frame: bytes) -> None:
        text = frames.read_row_text(fields, self.server_version)
        decodable = frames.make_decodable(fields, self.server_version)
        event = self._client.decode_fields(decodable)
        if not isinstance(event, Row) or event.request_id != request_id:
            raise MalformedFrameError("it was decoded as something else")
        rows = self._pending[request_id].rows
        rows.append(ReceivedRow(details=event.details, text=text, frame=frame))
        if len(rows) > MAX_ROWS:
            raise MalformedFrameError(f"more than {MAX_ROWS} rows")

    def _complete(self, request_id: int, frame: bytes) -> None:
        pending = self._pending[request_id]
        reply = ContractReply(
            request=pending.request,
            rows=tuple(pending.rows),
            end_frame=frame,
            received_at=self._clock(),
            server_version=self.server_version,
            client_version=IBAPI_VERSION,
        )
        self._pending.complete_contracts(request_id, reply)

    def _react(self, event: Event) -> None:
        match event:
            case Ready():
                if not self._ready.done():
                    self._ready.set_result(None)
            case Ladder():
                self._pending.note_progress(time.monotonic())
                self._pending.complete_ladder(event)
            case ServerTime():
                if not self._server_time.done():
                    self._server_time.set_result(event)
            case Notice():
                self._heed(event)
            case Row() | End():
                raise MalformedFrameError("it was decoded as a reply")

    def _heed(self, notice: Notice) -> None:
        said = f"{notice.code}: {notice.text}"
        match meaning_of(notice.code, names_our_request=notice.request_id in self._pending):
            case Meaning.INFORMATION:
                _log.info("TWS %s", said)
            case Meaning.UPSTREAM_LOST:
                self._lose_upstream(notice.code, said)
            case Meaning.UPSTREAM_RESTORED:
                self._restore_upstream(notice.code, said)
            case Meaning.PACING:
                self._pacer.back_off()
                self._pending.fail(notice.request_id, PacingError(*self._address, said))
            case Meaning.CLIENT_ID_IN_USE:
                self._finish(ClientIdInUseError(*self._address, said))
            case Meaning.REQUEST_FAILED:
                # An error 200 during an outage proves nothing about the contract.
                rejected = RequestRejectedError(notice.code, notice.text)
                self._pending.fail(notice.request_id, self._outage() or rejected)

    def _lose_upstream(self, code: int, said: str) -> None:
        if code == PORT_RESET:
            self._finish(self._lost(said))
            return
        self._outages[code] = said
        self._pending.fail_all(UpstreamDownError(*self._address, said))

    def _restore_upstream(self, code: int, said: str) -> None:
        for ended in RESTORES[code]:
            self._outages.pop(ended, None)
        if CONNECTIVITY_LOST in RESTORES[code]:
            # Perhaps an outage we were not told of: rows in flight may have been lost.
            self._pending.fail_all(UpstreamDownError(*self._address, said))

    def _outage(self) -> UpstreamDownError | None:
        said = next(iter(self._outages.values()), None)
        return None if said is None else UpstreamDownError(*self._address, said)
