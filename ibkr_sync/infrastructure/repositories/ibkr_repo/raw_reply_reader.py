"""Raw replies that are kept, decoded and read as if they had just arrived; without a gateway."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NoReturn

from ibkr_sync.catalogue import Catalogue
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.errors import ProductLookupError, RawReplyError, ReplyError
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
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.row_reader import FindNamed


class IbkrReplyReader(RawReplyReader):
    """Reads with the installed ibapi, by today's rules and catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._reader = ReplyReader(Future, catalogue)

    def read(self, stored: Future, evidence: Evidence, known: Future | None) -> Future:
        key = stored.key
        _refuse_version(key, evidence)
        known_products = () if known is None else (known,)
        request = ContractRequest(
            symbol=evidence.symbol or key.symbol,
            exchange=evidence.exchange or "",
            include_expired=evidence.include_expired,
        )
        try:
            reply = _decode(key, evidence, evidence.frames, request)
            product = self._product_of(stored, reply, lambda _: known_products)
            for frames in _answers(evidence):
                answer = _decode(key, evidence, frames, ContractRequest(symbol=request.symbol))
                product = self._with_answer(product, answer, lambda _: known_products)
        except (ReplyError, ProductLookupError, MalformedFrameError) as error:
            reason = error.detail if isinstance(error, RawReplyError) else str(error)
            raise RawReplyError(key, f"it can't be read any more: {reason}") from error
        return product

    def _product_of(self, stored: Future, reply: ContractReply, find_named: FindNamed) -> Future:
        """The product by its name, or by a contract of it where it had another one then."""
        symbol, exchange, trading_class = stored.key
        query = FutureQuery(symbol=symbol, exchange=exchange, trading_class=trading_class)
        try:
            return self._reader.read(query, reply, find_named).product
        except ProductLookupError:
            own = {other.con_id for other in stored.contracts}
            received = (int(row.details.contract.conId) for row in reply.rows)
            con_id = next((number for number in received if number in own), None)
            if con_id is None:
                raise
        return self._reader.read(
            FutureQuery(symbol=symbol, con_id=con_id), reply, find_named
        ).product

    def _with_answer(self, product: Future, answer: ContractReply, find_named: FindNamed) -> Future:
        """The product with the contract of an answer, if that is one of its own."""
        found = self._reader.read_contract(answer, find_named)
        if found is None or found.key != product.key:
            return product
        return dataclasses.replace(product, contracts=(*product.contracts, *found.contracts))


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


def _decode(
    key: ProductKey, evidence: Evidence, frames: Sequence[bytes], request: ContractRequest
) -> ContractReply:
    """A reply, by the same intake that takes replies from a gateway."""
    if not frames:
        _refuse(key, "it is empty")
    pending = PendingReplies(math.inf, math.inf)
    version = evidence.server_version
    client = ReadOnlyClient(GatewayConnection("", 0, None), 0, version)
    intake = Intake(client, pending, version, lambda: evidence.received_at)
    request_id = message_in_frame(frames[-1], version).request_id()
    result = pending.expect_contracts(request_id, request, now=0.0)
    for frame in frames:
        intake.take(frame)
    if not result.done():
        _refuse(key, "it has no end")
    reply = result.result()
    if len(reply.rows) + 1 != len(frames):
        _refuse(key, "it holds frames that are no part of it")
    return reply


def _answers(evidence: Evidence) -> Iterator[tuple[bytes, ...]]:
    """The frames of each answer about a single contract; each has a request id of its own."""

    def request_id(frame: bytes) -> int:
        return message_in_frame(frame, evidence.server_version).request_id()

    for _, frames in groupby(evidence.answers, key=request_id):
        yield tuple(frames)


def _refuse(key: ProductKey, reason: str) -> NoReturn:
    raise RawReplyError(key, reason)
