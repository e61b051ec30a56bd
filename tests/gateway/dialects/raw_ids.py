"""The dialect of the server versions from 201 on: binary message ids, ever more protobuf."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from gateway.dialects import contract_data_protobuf
from gateway.dialects.protobuf_requests import decode_request
from gateway.dialects.protobuf_wire import (
    double_field,
    integer_field,
    message_field,
    text_field,
)
from gateway.dialects.scripted import ScriptedDialect
from gateway.dialects.text import ScriptedTextDialect
from ibkr_sync.infrastructure.replay.protocol.contract_data import ContractDataError
from ibkr_sync.infrastructure.replay.protocol.dialect import DialectRequestId
from ibkr_sync.infrastructure.replay.protocol.requests import (
    AccountRequest,
    OtherRequest,
    Request,
    UnreadableRequest,
)
from ibkr_sync.infrastructure.replay.protocol.wire import (
    WireError,
    fields_from_wire,
    wire_from_fields,
)
from ibkr_sync.infrastructure.replay.rows import ContractRow, MarketRuleRow

PROTOBUF_OFFSET: Final = 200
"""What is added to the id of a message whose body is protobuf."""

CONTRACT_DATA_IN_PROTOBUF: Final = 205
MANAGED_ACCOUNTS_IN_PROTOBUF: Final = 207
MARKET_RULES_IN_PROTOBUF: Final = 212
SESSION_IN_PROTOBUF: Final = 213
CANCELLED_CONTRACT_DATA: Final = 215

_REQUESTS_IN_PROTOBUF: Final[dict[int, int]] = {
    DialectRequestId.REQ_CONTRACT_DATA: CONTRACT_DATA_IN_PROTOBUF,
    DialectRequestId.REQ_CURRENT_TIME: SESSION_IN_PROTOBUF,
    DialectRequestId.START_API: SESSION_IN_PROTOBUF,
    DialectRequestId.REQ_MARKET_RULE: MARKET_RULES_IN_PROTOBUF,
    DialectRequestId.CANCEL_CONTRACT_DATA: CANCELLED_CONTRACT_DATA,
}

_ERROR = 4
_NEXT_VALID_ID = 9
_CONTRACT_DATA = 10
_MANAGED_ACCOUNTS = 15
_CURRENT_TIME = 49
_CONTRACT_DATA_END = 52
_MARKET_RULE = 93

_ID_BYTES = 4
_UNKNOWN_FIELD = 999


class RawIdDialect(ScriptedDialect):
    """Four bytes of message id, then text as before or, 200 higher, protobuf.

    Which messages are protobuf grows from version to version, in both directions alike;
    errors have been since 201.
    """

    def __init__(self, server_version: int) -> None:
        self.server_version = server_version
        self._text = ScriptedTextDialect(server_version)
        self._encoded_rows: dict[ContractRow, bytes] = {}

    def decode(self, payload: bytes) -> Request:
        """Understand a client's message; what can't be understood is said in the result."""
        if len(payload) < _ID_BYTES:
            return UnreadableRequest(reason="Unable to parse the message")
        raw_id, body = _split_id(payload)
        is_protobuf = raw_id > PROTOBUF_OFFSET
        message_id = raw_id - PROTOBUF_OFFSET if is_protobuf else raw_id
        since = _REQUESTS_IN_PROTOBUF.get(message_id)
        if since is None:
            return OtherRequest(message_id=message_id)
        if is_protobuf != (self.server_version >= since):
            return UnreadableRequest(reason=f"Unable to parse message {raw_id}")
        if is_protobuf:
            return decode_request(message_id, body)
        return self._text.decode(wire_from_fields((str(raw_id),)) + body)

    def fields(self, payload: bytes) -> tuple[str, ...]:
        """Show a client's message as its fields; of protobuf only the id."""
        if len(payload) < _ID_BYTES:
            raise WireError(f"{len(payload)} bytes hold no message id")
        raw_id, body = _split_id(payload)
        return (str(raw_id), *(() if raw_id > PROTOBUF_OFFSET else fields_from_wire(body)))

    def next_valid_id(self, order_id: int) -> bytes:
        """Say that requests are now accepted."""
        if self.server_version < SESSION_IN_PROTOBUF:
            return _with_raw_id(self._text.next_valid_id(order_id))
        return _protobuf(_NEXT_VALID_ID, integer_field(1, order_id))

    def managed_accounts(self, accounts: str) -> bytes:
        """List the accounts of the login, comma-separated."""
        if self.server_version < MANAGED_ACCOUNTS_IN_PROTOBUF:
            return _with_raw_id(self._text.managed_accounts(accounts))
        return _protobuf(_MANAGED_ACCOUNTS, text_field(1, accounts))

    def error(self, req_id: int, code: int, text: str, at: datetime) -> bytes:
        """Report an error, with its time in milliseconds."""
        body = integer_field(1, req_id)
        body += integer_field(2, int(at.timestamp() * 1000))
        body += integer_field(3, code)
        return _protobuf(_ERROR, body + (text_field(4, text) if text else b""))

    def contract_data(self, row: ContractRow, req_id: int) -> bytes:
        """Say one row; all but the request id is encoded once and kept."""
        if self.server_version < CONTRACT_DATA_IN_PROTOBUF:
            return _with_raw_id(self._text.contract_data(row, req_id))
        encoded = self._encoded_rows.get(row)
        if encoded is None:
            encoded = self._encoded_rows[row] = contract_data_protobuf.encode_row(row)
        return _protobuf(
            _CONTRACT_DATA, integer_field(contract_data_protobuf.REQ_ID, req_id) + encoded
        )

    def contract_data_end(self, req_id: int) -> bytes:
        """End a contract-details reply."""
        if self.server_version < CONTRACT_DATA_IN_PROTOBUF:
            return _with_raw_id(self._text.contract_data_end(req_id))
        return _protobuf(_CONTRACT_DATA_END, integer_field(1, req_id))

    def market_rule(self, rule: MarketRuleRow) -> bytes:
        """Say one market rule, in protobuf with doubles for edges and increments."""
        if self.server_version < MARKET_RULES_IN_PROTOBUF:
            return _with_raw_id(self._text.market_rule(rule))
        increments = (
            message_field(2, double_field(1, float(edge)) + double_field(2, float(increment)))
            for edge, increment in rule.increments
        )
        body = integer_field(1, int(rule.market_rule_id))
        return _protobuf(_MARKET_RULE, b"".join((body, *increments)))

    def end_of_account_data(self, request: AccountRequest) -> bytes | None:
        """Say nothing: this dialect does not understand what asks for it."""
        del request
        return None

    def current_time(self, at: datetime) -> bytes:
        """Say the gateway's clock."""
        if self.server_version < SESSION_IN_PROTOBUF:
            return _with_raw_id(self._text.current_time(at))
        return _protobuf(_CURRENT_TIME, integer_field(1, int(at.timestamp())))

    def with_field(self, contract_data: bytes, field: str | int, value: str) -> bytes:
        """Replace a field of a row; places count what holds a value, the message id being 0.

        What the field's type can't hold goes out as text, as which no client will read it.
        """
        if not _is_protobuf(contract_data):
            return _with_raw_id(self._text.with_field(_with_text_id(contract_data), field, value))
        raw_id, body = _split_id(contract_data)
        if field == 0:
            return _id_bytes(_message_id(value)) + body
        if isinstance(field, int):
            path = contract_data_protobuf.leaves(body)[field - 1].path
        else:
            path = contract_data_protobuf.path_of(field)
        return _id_bytes(raw_id) + contract_data_protobuf.with_value(body, path, value)

    def without_field(self, contract_data: bytes, field: str) -> bytes:
        """Leave a field of a row out."""
        if not _is_protobuf(contract_data):
            return _with_raw_id(self._text.without_field(_with_text_id(contract_data), field))
        raw_id, body = _split_id(contract_data)
        return _id_bytes(raw_id) + contract_data_protobuf.without(
            body, contract_data_protobuf.path_of(field)
        )

    def without_req_id(self, contract_data_end: bytes) -> bytes:
        """Leave the request id of an end marker out, in protobuf all that it has."""
        if not _is_protobuf(contract_data_end):
            return _with_raw_id(self._text.without_req_id(_with_text_id(contract_data_end)))
        return contract_data_end[:_ID_BYTES]

    def with_extra_field(self, payload: bytes, value: str) -> bytes:
        """Append a field to a message, in protobuf one that its schema doesn't know."""
        if not _is_protobuf(payload):
            return self._text.with_extra_field(payload, value)
        return payload + text_field(_UNKNOWN_FIELD, value)

    def truncated(self, payload: bytes, fields: int) -> bytes:
        """Keep only the first fields of a message; protobuf ends in mid-air behind them."""
        if fields == 0:
            return b""
        if not _is_protobuf(payload):
            return _with_raw_id(self._text.truncated(_with_text_id(payload), fields))
        raw_id, body = _split_id(payload)
        ends = [0, *(leaf.end for leaf in contract_data_protobuf.leaves(body))]
        return _id_bytes(raw_id) + body[: ends[min(fields, len(ends)) - 1]]


def _protobuf(message_id: int, body: bytes) -> bytes:
    return _id_bytes(message_id + PROTOBUF_OFFSET) + body


def _is_protobuf(payload: bytes) -> bool:
    return _split_id(payload)[0] > PROTOBUF_OFFSET


def _split_id(payload: bytes) -> tuple[int, bytes]:
    return int.from_bytes(payload[:_ID_BYTES], "big"), payload[_ID_BYTES:]


def _id_bytes(message_id: int) -> bytes:
    return message_id.to_bytes(_ID_BYTES, "big")


def _message_id(text: str) -> int:
    """A message id that four bytes can hold; raises ContractDataError."""
    if not (text.isascii() and text.isdigit()) or int(text) >= 1 << (8 * _ID_BYTES):
        raise ContractDataError(f"{text!r} is no message id of four bytes", "message_id")
    return int(text)


def _with_raw_id(text_payload: bytes) -> bytes:
    """Put a text message's id before it in binary instead."""
    message_id, _, rest = text_payload.partition(b"\0")
    return _id_bytes(_message_id(message_id.decode("utf-8", "surrogateescape"))) + rest


def _with_text_id(payload: bytes) -> bytes:
    raw_id, rest = _split_id(payload)
    return wire_from_fields((str(raw_id),)) + rest
