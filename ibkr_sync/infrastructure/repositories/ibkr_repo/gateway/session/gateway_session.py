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
from typing import Self, TypeVar

from ibkr_sync.domain.errors import (
    ClientIdInUseError,
    ConnectionLostError,
    GatewayMovedError,
    HandshakeClosedError,
    HandshakeTimeoutError,
    IbkrSyncError,
    NotAGatewayError,
    PacingError,
    RequestRejectedError,
    UpstreamDownError,
)
from ibkr_sync.domain.runs.diagnosis.gateway import FarmStatus
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client import (
    CLIENT_VERSIONS,
    ReadOnlyClient,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client_events import (
    ClientEvent,
    EndEvent,
    LadderEvent,
    NoticeEvent,
    ReadyEvent,
    RowEvent,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ContractReply
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway_parameters import (
    GatewayParameters,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.handshake import negotiate_handshake
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.paced_sender import (
    PacedSender,
    Sending,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.pacer import Pacer
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.farms import Farms
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.intake import Intake
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.notice_meaning import (
    PORT_RESET,
    NoticeMeaning,
    new_port_in,
    notice_meaning_of,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.pending_replies import (
    PendingReplies,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.upstream import Upstream

T = TypeVar("T")

_log = logging.getLogger(__name__)

_MOST_CODES = 500
"""TWS has fewer kinds of notices."""

_POLL_SECONDS = 0.1
"""How late a deadline may be noticed."""

_NO_REQUEST = -1
"""The id of an error that names no request."""

_JOIN_SECONDS = 2.0
"""How long the end of a session waits for its thread, which closing the socket has woken."""


class GatewaySession:
    """A connected session; use it as a context manager.

    `connected_at` is the UTC instant at which the gateway gave its own time, `connection_time`.

    One thread reads, decodes and watches the deadlines; another sends. Nothing that arrives
    can end it silently: what ends the session fails every request that is due.
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

        Raises GatewayUnreachableError, GatewayMovedError or a HandshakeError (ClientIdInUseError
        when TWS says 326); then nothing stays open.
        """
        self._parameters = parameters
        self.client_id = client_id
        self._pacer = pacer
        self._request_ids = request_ids
        self._pending = PendingReplies(parameters.idle_timeout, parameters.total_timeout)
        self._upstream = Upstream()
        self._farms = Farms()
        self._ready: Future[None] = Future()
        self._reported: set[int] = set()
        self._end: IbkrSyncError | None = None
        self._end_lock = threading.Lock()
        self._is_closed = False
        pacer.await_turn()  # START_API is a message too
        handshake = negotiate_handshake(parameters, CLIENT_VERSIONS)
        self.connected_at = clock()
        self._connection, self.server_version, ready_by, self.connection_time = handshake
        self._client = ReadOnlyClient(self._connection, client_id, self.server_version)
        self._intake = Intake(self._client, self._pending, self.server_version, clock)
        self._sender = PacedSender(pacer)
        self._reader = threading.Thread(target=self._read, name="gateway-reader", daemon=True)
        self._reader.start()
        try:
            self._start(ready_by)
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

    @property
    def moved(self) -> GatewayMovedError | None:
        """Why it makes no sense to connect to this address again; None while it may."""
        return self._end if isinstance(self._end, GatewayMovedError) else None

    @property
    def outage(self) -> str | None:
        """What TWS said about an outage of IBKR that has not ended; None when all is well."""
        return self._upstream.outage if self.is_alive else None

    @property
    def disturbances(self) -> int:
        """How often IBKR went or came back in this session."""
        return self._upstream.disturbances

    @property
    def farms(self) -> tuple[FarmStatus, ...]:
        """What TWS said last of each data farm."""
        return self._farms.statuses

    def request_contracts(self, request: ContractRequest) -> Sending[ContractReply]:
        """Send a request as soon as pacing allows; its result is a complete reply.

        The result raises RequestRejectedError, InvalidReplyError, ReplyTimeoutError,
        PacingError, UpstreamDownError or ConnectionLostError.
        """
        return self._in_turn(lambda: self._ask_for_contracts(request))

    def request_ladder(self, market_rule_id: int) -> Sending[LadderEvent]:
        """Ask for a tick ladder as soon as pacing allows.

        The result raises ConnectionLostError, UpstreamDownError, PacingError,
        InvalidReplyError or ReplyTimeoutError.
        """
        return self._in_turn(lambda: self._ask_for_ladder(market_rule_id))

    def await_upstream(self, seconds: float) -> bool:
        """Wait until the gateway reaches IBKR; False when it does not within that time."""
        return self._upstream.wait(seconds)

    def close(self) -> None:
        """End the session; requests that are due fail. Harmless when repeated."""
        self._finish(self._lost("closed by us"))
        self._is_closed = True
        self._sender.close()
        self._connection.disconnect()
        self._reader.join(_JOIN_SECONDS)

    @property
    def _address(self) -> tuple[str, int]:
        return self._parameters.host, self._parameters.port

    def _lost(self, detail: str) -> ConnectionLostError:
        return ConnectionLostError(*self._address, detail)

    def _moved(self, said: str) -> ConnectionLostError:
        """A reset that names the port of this session breaks it, and nothing more."""
        host, port = self._address
        new_port = new_port_in(said)
        if new_port is None or new_port == port:
            return self._lost(said)
        return GatewayMovedError(host, port, new_port)

    def _start(self, ready_by: float) -> None:
        try:
            self._client.send_start()
            self._ready.result(max(0.0, ready_by - time.monotonic()))
        except TimeoutError:
            raise HandshakeTimeoutError(
                *self._address, "connected, but nextValidId never came"
            ) from None
        except GatewayMovedError:
            raise
        except ConnectionLostError as error:
            raise HandshakeClosedError(*self._address, error.detail) from error

    def _in_turn(self, ask: Callable[[], Future[T]]) -> Sending[T]:
        if not self._is_closed:
            return self._sender.send(ask)
        failed: Sending[T] = Sending()
        failed.set_exception(self._lost("closed by us"))
        return failed

    def _ask_for_contracts(self, request: ContractRequest) -> Future[ContractReply]:
        request_id = next(self._request_ids)
        awaited = self._pending.expect_contracts(request_id, request, time.monotonic())
        return self._send(awaited, lambda: self._client.send_contract_request(request_id, request))

    def _ask_for_ladder(self, market_rule_id: int) -> Future[LadderEvent]:
        awaited = self._pending.expect_ladder(market_rule_id, time.monotonic())
        return self._send(awaited, lambda: self._client.send_market_rule_request(market_rule_id))

    def _send(self, awaited: Future[T], send: Callable[[], None]) -> Future[T]:
        """Send a request that is awaited already: what ends the session meanwhile fails it."""
        try:
            self._refuse_if_down()
            send()
        except IbkrSyncError as error:
            self._pending.fail_unsent(awaited, error)
            raise
        return awaited

    def _refuse_if_down(self) -> None:
        reason = self._end or self._upstream_down()
        if reason is not None:
            raise reason

    def _upstream_down(self) -> UpstreamDownError | None:
        said = self._upstream.outage
        return None if said is None else UpstreamDownError(*self._address, said)

    def _finish(self, error: IbkrSyncError) -> None:
        with self._end_lock:
            if self._end is None:
                self._end = error
            if not self._ready.done():
                self._ready.set_exception(self._end)
        self._pending.fail_all(self._end)
        self._sender.hurry()
        self._upstream.abandon()

    def _read(self) -> None:
        try:
            while self._end is None:
                frame = self._connection.receive_frame(_POLL_SECONDS)
                event = None if frame is None else self._intake.take(frame)
                if event is not None:
                    self._react(event)
                self._pending.expire(time.monotonic())
        except NotAGatewayError as error:
            # Before nextValidId it shows what is at this port; later the session has broken.
            self._finish(self._lost(error.detail) if self._ready.done() else error)
        except IbkrSyncError as error:
            self._finish(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, waiting requests must learn of it
            _log.exception("the gateway session failed")
            self._finish(self._lost(f"internal error: {error!r}"))
        finally:
            self._connection.disconnect()

    def _react(self, event: ClientEvent) -> None:
        match event:
            case ReadyEvent():
                with self._end_lock:
                    if not self._ready.done():
                        self._ready.set_result(None)
            case LadderEvent():
                self._pending.note_progress(time.monotonic())
                self._pending.complete_ladder(event)
            case NoticeEvent():
                self._heed(event)
            case RowEvent() | EndEvent():
                _log.warning("ignored a message that was decoded as part of a reply")

    def _heed(self, notice: NoticeEvent) -> None:
        said = f"{notice.code}: {notice.text}"
        self._farms.note(notice.code, notice.text)
        names_our_request = self._pending.find_chain(notice.request_id) is not None
        match notice_meaning_of(notice.code, names_our_request=names_our_request):
            case NoticeMeaning.INFORMATION:
                self._report(notice.code, said)
            case NoticeMeaning.UPSTREAM_LOST:
                self._lose_upstream(notice.code, said)
            case NoticeMeaning.UPSTREAM_RESTORED:
                self._report(notice.code, said)
                if self._upstream.restore(notice.code):
                    self._pending.fail_all(UpstreamDownError(*self._address, said))
            case NoticeMeaning.PACING:
                self._slow_down(notice.request_id if names_our_request else None, said)
            case NoticeMeaning.CLIENT_ID_IN_USE:
                self._finish(ClientIdInUseError(*self._address, said))
            case NoticeMeaning.REQUEST_FAILED:
                rejected = RequestRejectedError(notice.code, notice.text)
                self._pending.fail(notice.request_id, rejected)
            case NoticeMeaning.LADDER_FAILED:
                self._report(notice.code, said)
                if notice.request_id == _NO_REQUEST:
                    self._pending.fail_ladders(RequestRejectedError(notice.code, notice.text))

    def _report(self, code: int, said: str) -> None:
        """Log what is good to know; farms that flap say it hundreds of times."""
        is_news = code not in self._reported and len(self._reported) < _MOST_CODES
        level = logging.INFO if is_news else logging.DEBUG
        if is_news:
            self._reported.add(code)
        _log.log(level, "TWS %s", said)

    def _lose_upstream(self, code: int, said: str) -> None:
        _log.warning("TWS %s", said)
        if code == PORT_RESET:
            self._finish(self._moved(said))
            return
        self._upstream.lose(code, said)
        self._pending.fail_all(UpstreamDownError(*self._address, said))

    def _slow_down(self, request_id: int | None, said: str) -> None:
        self._pacer.back_off()
        refused = PacingError(*self._address, said)
        if request_id is None:
            # TWS dropped a message and does not say which.
            self._pending.fail_all(refused)
        else:
            self._pending.fail(request_id, refused)
