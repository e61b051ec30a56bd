"""What faults ask of a dialect beside what a gateway does: to look into messages and spoil them."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from ibkr_sync.infrastructure.replay.protocol.dialect import Dialect


class ScriptedDialect(Dialect, Protocol):
    """A dialect whose messages can be spoilt."""

    @abstractmethod
    def fields(self, payload: bytes) -> tuple[str, ...]:
        """Show a client's message as fields, the message id first; of protobuf only that.

        Raises:
            WireError: the payload isn't a message.
        """

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
