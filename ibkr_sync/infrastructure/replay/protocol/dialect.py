"""How a gateway of a given server version says things and understands its client."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from enum import IntEnum
from typing import Protocol

from ibkr_sync.infrastructure.replay.protocol.requests import AccountRequest, Request
from ibkr_sync.infrastructure.replay.rows import ContractRow, MarketRuleRow

OLDEST_SERVER_VERSION = 157
NEWEST_TEXT_SERVER_VERSION = 200


class DialectRequestId(IntEnum):
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
    def end_of_account_data(self, request: AccountRequest) -> bytes | None:
        """End the answer to a request for what an account has; None where TWS says nothing."""

    @abstractmethod
    def current_time(self, at: datetime) -> bytes:
        """Say the gateway's clock, in whole seconds since 1970."""
