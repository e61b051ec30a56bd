"""What a session does with the frames it receives, without a socket or a thread."""

from __future__ import annotations

import dataclasses
import socket
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from types import TracebackType
from typing import Self

from fakes.gateway_rig import RECORDING
from gateway.dialects import dialect_for
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import ProductLookupError, ReplyError
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client import ReadOnlyClient
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.connection import GatewayConnection
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.intake import Intake
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.pending_replies import (
    PendingReplies,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.reply_reader import ReplyReader

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
REQUEST_ID = 1234567
REQUEST = ContractRequest(symbol="ES", exchange="CME")
QUERY = FutureQuery(symbol="ES", exchange="CME")
DECODED = [row for row in RECORDING.contracts if (row.symbol, row.exchange) == ("ES", "CME")]
OTHERS = [row for row in RECORDING.contracts if row.symbol != "ES"]

_HARMFUL = frozenset(("Cc", "Cs", "Zl", "Zp"))
_TURNS_TEXT_AROUND = frozenset(["LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"])

_LARGEST_INTEGER = 2**63 - 1


class Decoding:
    """A client and what it makes of frames, at a server version."""

    def __init__(self, server_version: int) -> None:
        self.server_version = server_version
        ours, self._theirs = socket.socketpair()
        self._connection = GatewayConnection("gateway", 4002, ours)
        client = ReadOnlyClient(self._connection, 1, server_version)
        self._pending = PendingReplies(60, 60)
        self._intake = Intake(client, self._pending, server_version, lambda: NOW)
        self._reader = ReplyReader(Future, load_catalogue())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.disconnect()
        self._theirs.close()

    def product_of(self, frames: Iterable[bytes]) -> Future | None:
        """The product that these frames tell of; None when they are refused, or go on.

        Whatever else is raised is a defect.
        """
        result = self._pending.expect_contracts(REQUEST_ID, REQUEST, 0.0)
        self._pending.expect_ladder(67, 0.0)
        for frame in frames:
            self._intake.take(frame)
        self._pending.fail_all(ReplyError("the frames are used up"))
        try:
            return self._reader.read(QUERY, result.result(0)).product
        except (ReplyError, ProductLookupError):
            return None


def frames_at(server_version: int) -> dict[str, bytes]:
    """A frame of every kind that a gateway sends, by what it is."""
    dialect = dialect_for(server_version)
    frames = {
        f"row {number}": dialect.contract_data(row, REQUEST_ID)
        for number, row in enumerate(DECODED)
    }
    frames |= {
        f"other {number}": dialect.contract_data(row, REQUEST_ID)
        for number, row in enumerate(OTHERS[:3])
    }
    frames |= {
        f"ladder {rule.market_rule_id}": dialect.market_rule(rule)
        for rule in RECORDING.market_rules[:3]
    }
    return frames | {
        "end": dialect.contract_data_end(REQUEST_ID),
        "id": dialect.next_valid_id(1),
        "accounts": dialect.managed_accounts("DU7654321"),
        "error": dialect.error(REQUEST_ID, 321, "Error validating request", NOW),
        "notice": dialect.error(-1, 2104, "Market data farm connection is OK:usfuture", NOW),
        "time": dialect.current_time(NOW),
    }


def refuse_falsehood(product: Future) -> None:
    """Fail if a product that was believed is not what was asked for, or can't be stored."""
    assert (product.symbol, product.exchange) == (QUERY.symbol, QUERY.exchange)
    assert product.contracts
    for contract in product.contracts:
        assert (contract.symbol, contract.exchange) == (product.symbol, product.exchange)
        assert contract.currency == product.currency
        assert contract.con_id > 0
    _refuse_unstorable(product)


def _is_harmful(character: str) -> bool:
    """Whether a terminal may act on it, or another text is shown than is stored."""
    return unicodedata.category(character) in _HARMFUL or (
        unicodedata.bidirectional(character) in _TURNS_TEXT_AROUND
    )


def _refuse_unstorable(value: object) -> None:
    match value:
        case Enum() | None | bool() | date():
            return
        case str():
            assert not any(map(_is_harmful, value)), value
            value.encode("utf-8")
        case int():
            assert abs(value) <= _LARGEST_INTEGER
        case Decimal():
            assert value.is_finite()
        case tuple():
            for item in value:
                _refuse_unstorable(item)
        case _ if dataclasses.is_dataclass(value):
            for field in dataclasses.fields(value):
                _refuse_unstorable(getattr(value, field.name))
        case _:
            raise AssertionError(f"{value!r} is of no kind that is stored")
