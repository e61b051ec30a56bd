"""Raw replies that are kept, decoded and read as if they had just arrived; without a gateway."""

from __future__ import annotations

import logging
import math
from typing import NoReturn

from ibkr_sync.catalogue import Catalogue
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.errors import IbkrSyncError, ProductLookupError, RawReplyError, ReplyError
from ibkr_sync.domain.evidence.acquired_future import Evidence
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.raw_replies import RawReplyReader
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client import (
    CLIENT_VERSIONS,
    IBAPI_VERSION,
    ReadOnlyClient,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.connection import GatewayConnection
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ContractReply
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.messages import message_in_frame
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.text_frames import (
    MalformedFrameError,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.intake import Intake
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.pending_replies import (
    PendingReplies,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.reply_reader import ReplyReader

_log = logging.getLogger(__name__)


class IbkrReplyReader(RawReplyReader):
    """Reads with the installed ibapi, by today's rules and catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._reader = ReplyReader(Future, catalogue)

    def read(self, stored: Future, evidence: Evidence) -> Future:
        """Give the product that a reply tells of (see the port)."""
        key = stored.key
        _refuse_version(key, evidence)
        query = FutureQuery(
            symbol=key.symbol, exchange=key.exchange, trading_class=key.trading_class
        )
        try:
            reply = _decode(key, evidence)
            return self._reader.read(query, reply, lambda _: (stored,)).product
        except (ReplyError, ProductLookupError) as error:
            raise RawReplyError(key, f"it can't be read any more: {_reason(error)}") from error


def _refuse_version(key: ProductKey, evidence: Evidence) -> None:
    oldest, newest = CLIENT_VERSIONS
    version = evidence.server_version
    if version > newest:
        raise RawReplyError(
            key,
            f"it is of server version {version}, and the installed ibapi {IBAPI_VERSION} reads up"
            f" to {newest}; it was received with ibapi {evidence.client_version}",
        )
    if version < oldest:
        raise RawReplyError(key, f"server version {version} is not supported")


def _decode(key: ProductKey, evidence: Evidence) -> ContractReply:
    """The reply, by the same intake that takes replies from a gateway."""
    pending = PendingReplies(math.inf, math.inf)
    version = evidence.server_version
    client = ReadOnlyClient(GatewayConnection("", 0, None), 0, version)
    intake = Intake(client, pending, version, lambda: evidence.received_at)
    result = pending.expect_contracts(
        _request_id(key, evidence), ContractRequest(symbol=key.symbol), now=0.0
    )
    for frame in evidence.frames:
        intake.take(frame)
    if not result.done():
        _refuse(key, "it has no end")
    reply = result.result()
    if len(reply.rows) + 1 != len(evidence.frames):
        _refuse(key, "it holds frames that are no part of it")
    return reply


def _request_id(key: ProductKey, evidence: Evidence) -> int:
    if not evidence.frames:
        _refuse(key, "it is empty")
    try:
        return message_in_frame(evidence.frames[-1], evidence.server_version).request_id()
    except MalformedFrameError as error:
        raise RawReplyError(key, f"its end can't be read: {error}") from error


def _refuse(key: ProductKey, reason: str) -> NoReturn:
    raise RawReplyError(key, reason)


def _reason(error: IbkrSyncError) -> str:
    return error.detail if isinstance(error, RawReplyError) else str(error)
