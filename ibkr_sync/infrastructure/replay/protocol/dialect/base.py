"""How a gateway of a given server version says things and understands its client."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from enum import IntEnum
from typing import Protocol

from ibkr_sync.infrastructure.replay.protocol.requests import Request
from ibkr_sync.infrastructure.replay.rows import ContractRow, MarketRuleRow

OLDEST_SERVER_VERSION = 157
NEWEST_TEXT_SERVER_VERSION = 200
NEWEST_SERVER_VERSION = 226


class RequestId(IntEnum):
    """The message ids of the requests that a read-only gateway serves."""

    REQ_CONTRACT_DATA = 9
    REQ_CURRENT_TIME = 49
    START_API = 71
    REQ_MARKET_RULE = 91
    CANCEL_CONTRACT_DATA = 106


class Dialect(Protocol):
    """One server version's way to speak; payloads are without the length prefix."""

    server_version: int

    @abstractmethod
    def decode(self, payload: bytes) -> Request:
        """Understand a client's message; what can't be understood is said in the result."""

    @abstractmethod
    def fields(self, payload: bytes) -> tuple[str, ...]:
        """Show a client's message as fields, the message id first; of protobuf only that.

        Raises:
            WireError: the payload isn't a message.
        """

    @abstractmethod
    def next_valid_id(self, order_id: int) -> bytes:
        """Say that requests are now accepted."""

    @abstractmethod
    def managed_accounts(self, accounts: str) -> bytes:
        """List the accounts of the login, comma-separated."""

    @abstractmethod
    def error(self, req_id: int, code: int, text: str, at: datetime) -> bytes:
        """Report an error or a notice; -1 as request id belongs to no request."""

    @abstractmethod
    def contract_data(self, row: ContractRow, req_id: int) -> bytes:
        """Say one row of a contract-details reply."""

    @abstractmethod
    def contract_data_end(self, req_id: int) -> bytes:
        """End a contract-details reply."""

    @abstractmethod
    def market_rule(self, rule: MarketRuleRow) -> bytes:
        """Say one market rule."""

    @abstractmethod
    def current_time(self, at: datetime) -> bytes:
        """Say the gateway's clock, in whole seconds since 1970."""

    @abstractmethod
    def with_field(self, contract_data: bytes, field: str | int, value: str) -> bytes:
        """Replace a field of a row, by `ContractRow`'s name or by its place on the wire.

        Raises:
            ContractDataError: rows have no such field at this server version.
            IndexError: nor such a place.
        """

    @abstractmethod
    def without_field(self, contract_data: bytes, field: str) -> bytes:
        """Leave a field of a row out, which in text is to leave it empty.

        Raises:
            ContractDataError: rows have no such field at this server version.
        """

    @abstractmethod
    def without_req_id(self, contract_data_end: bytes) -> bytes:
        """Leave the request id of an end marker out, which in text is to leave it empty."""

    @abstractmethod
    def with_extra_field(self, payload: bytes, value: str) -> bytes:
        """Append a field to a message."""

    @abstractmethod
    def truncated(self, payload: bytes, fields: int) -> bytes:
        """Keep only the first fields of a message, the message id being the first."""
