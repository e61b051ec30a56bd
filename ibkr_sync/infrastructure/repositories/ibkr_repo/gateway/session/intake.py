"""From frames to the replies they belong to."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from ibkr_sync.domain.errors import InvalidReplyError, ReplyTooLargeError
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client import (
    IBAPI_VERSION,
    ReadOnlyClient,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client_events import (
    ClientEvent,
    EndEvent,
    RowEvent,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import (
    ContractReply,
    ContractReplyRows,
    ReplyRow,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames import (
    text_frames as frames,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.messages import (
    Message,
    message_in_frame,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.text_frames import (
    MalformedFrameError,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.pending_replies import (
    PendingChain,
    PendingReplies,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.row_budget import (
    MAX_FIELDS,
    MAX_REPLY_WEIGHT,
    weight_of_row,
)

_log = logging.getLogger(__name__)

_ROW = "contract row"

_REPLY_MESSAGES = (frames.CONTRACT_DATA, frames.BOND_CONTRACT_DATA, frames.CONTRACT_DATA_END)

_HANDLED_MESSAGES = frozenset(
    (
        *_REPLY_MESSAGES,
        frames.ERROR_MESSAGE,
        frames.MARKET_RULE,
        frames.NEXT_VALID_ID,
    )
)
"""Others are not decoded at all, so they can do no harm; account ids are among them."""


class Intake:
    """Adds rows to the requests they answer and hands over replies once they are complete.

    Nothing is dropped silently: an end marker that can't be decoded fails the request it belongs
    to, and every request that is due when it doesn't say to which. So does a row that can't be, as
    soon as the rows of its complete reply are looked at; one without an end marker fails by its
    timeout, whatever its rows are.
    """

    def __init__(
        self,
        client: ReadOnlyClient,
        pending: PendingReplies,
        server_version: int,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._pending = pending
        self._server_version = server_version
        self._clock = clock

    def take(self, frame: bytes) -> ClientEvent | None:
        """Take in one frame; gives what is no part of a reply, None when nothing is left."""
        try:
            message = message_in_frame(frame, self._server_version)
        except MalformedFrameError as error:
            self._distrust_all("message id", error)
            return None
        if message.message_id not in _HANDLED_MESSAGES:
            return None
        if message.message_id in _REPLY_MESSAGES:
            self._take_reply(message, frame)
            return None
        return self._decode(message)

    def _decode(self, message: Message) -> ClientEvent | None:
        try:
            _field_count(message)
            return self._client.decode_message(message)
        except MalformedFrameError as error:
            _log.warning("ignored message %d: %s", message.message_id, error)
            if message.message_id == frames.MARKET_RULE:
                # Any of those that are due may be the one.
                self._pending.fail_ladders(
                    InvalidReplyError("a tick ladder", "message", "", str(error))
                )
            return None

    def _take_reply(self, message: Message, frame: bytes) -> None:
        try:
            request_id = message.request_id()
        except MalformedFrameError as error:
            self._distrust_all("request id", error)
            return
        chain = self._pending.find_chain(request_id)
        if chain is None:
            _log.debug("ignored a late row of request %d", request_id)
            return
        self._pending.note_progress(time.monotonic())
        is_end = message.message_id == frames.CONTRACT_DATA_END
        what = "end marker" if is_end else _ROW
        try:
            if is_end:
                self._complete(request_id, chain, message, frame)
            else:
                self._add_row(request_id, chain, message, frame)
        except MalformedFrameError as error:
            self._pending.fail(
                request_id, InvalidReplyError(str(chain.request), what, "", str(error))
            )

    def _distrust_all(self, what: str, error: MalformedFrameError) -> None:
        """The frame may have been part of any reply in flight, so none of them is complete."""
        _log.warning("a message could not be read: %s", error)
        self._pending.fail_all(InvalidReplyError("a reply", what, "", str(error)))

    def _add_row(
        self, request_id: int, chain: PendingChain, message: Message, frame: bytes
    ) -> None:
        if message.message_id == frames.BOND_CONTRACT_DATA:
            raise MalformedFrameError("it is a bond, and a future was asked for")
        weight = weight_of_row(frame, _field_count(message))
        chain.rows.add(frame, weight)
        if chain.rows.weight > MAX_REPLY_WEIGHT:
            error = ReplyTooLargeError(str(chain.request), len(chain.rows))
            chain.rows.discard()
            self._pending.fail(request_id, error)
        self._pending.fail_beyond_budget(weight)

    def _complete(
        self, request_id: int, chain: PendingChain, message: Message, frame: bytes
    ) -> None:
        if self._client.decode_message(message) != EndEvent(request_id):
            raise MalformedFrameError("it was decoded as something else")
        reply = ContractReply(
            request=chain.request,
            rows=ContractReplyRows(chain.rows, partial(self._decoded, request_id, chain.request)),
            end_frame=frame,
            received_at=self._clock(),
            server_version=self._server_version,
            client_version=IBAPI_VERSION,
        )
        self._pending.complete_contracts(request_id, reply)

    def _decoded(self, request_id: int, request: ContractRequest, frame: bytes) -> ReplyRow:
        """A row of the reply to a request; raises InvalidReplyError."""
        try:
            return self._row(request_id, frame)
        except MalformedFrameError as error:
            raise InvalidReplyError(str(request), _ROW, "", str(error)) from error

    def _row(self, request_id: int, frame: bytes) -> ReplyRow:
        message = message_in_frame(frame, self._server_version)
        text = message.row_text()
        event = self._client.decode_message(message.decodable())
        if not isinstance(event, RowEvent) or event.request_id != request_id:
            raise MalformedFrameError("it was decoded as something else")
        return ReplyRow(details=event.details, text=text, frame=frame)


def _field_count(message: Message) -> int:
    """The fields of a message; raises MalformedFrameError for more than any has."""
    fields = message.field_count()
    if fields > MAX_FIELDS:
        raise MalformedFrameError(f"it has more than {MAX_FIELDS} fields")
    return fields
