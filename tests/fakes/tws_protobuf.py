"""What TWS says in protobuf, read from the wire alone: a bare client and bare decoders.

Every message is taken apart by IBKR's field numbers and wire types, written down here once
more; a field that isn't in these tables, or has another type, fails the test.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Self

from fakes.tws_client import TwsClient

CONTRACT = {
    1: ("con_id", "int"),
    2: ("symbol", "str"),
    3: ("sec_type", "str"),
    4: ("last_trade_date_or_contract_month", "str"),
    5: ("strike", "double"),
    6: ("right", "str"),
    7: ("multiplier", "double"),
    8: ("exchange", "str"),
    9: ("primary_exchange", "str"),
    10: ("currency", "str"),
    11: ("local_symbol", "str"),
    12: ("trading_class", "str"),
    21: ("last_trade_date", "str"),
}
DETAILS = {
    1: ("market_name", "str"),
    2: ("min_tick", "str"),
    3: ("order_types", "str"),
    4: ("valid_exchanges", "str"),
    5: ("price_magnifier", "int"),
    6: ("under_con_id", "int"),
    7: ("long_name", "str"),
    8: ("contract_month", "str"),
    9: ("industry", "str"),
    10: ("category", "str"),
    11: ("subcategory", "str"),
    12: ("time_zone_id", "str"),
    13: ("trading_hours", "str"),
    14: ("liquid_hours", "str"),
    15: ("ev_rule", "str"),
    16: ("ev_multiplier", "double"),
    17: ("sec_id_list", "pair"),
    18: ("agg_group", "int"),
    19: ("under_symbol", "str"),
    20: ("under_sec_type", "str"),
    21: ("market_rule_ids", "str"),
    22: ("real_expiration_date", "str"),
    23: ("stock_type", "str"),
    24: ("min_size", "str"),
    25: ("size_increment", "str"),
    26: ("suggested_size_increment", "str"),
    58: ("ineligibility_reasons", "pair"),
    62: ("min_algo_size", "str"),
    65: ("settlement_method", "str"),
}
CONTRACT_DATA = {1: ("req_id", "int"), 2: ("contract", CONTRACT), 3: ("details", DETAILS)}
CONTRACT_DATA_END = {1: ("req_id", "int")}
ERROR = {1: ("id", "int"), 2: ("time", "int"), 3: ("code", "int"), 4: ("text", "str")}
NEXT_VALID_ID = {1: ("order_id", "int")}
MANAGED_ACCOUNTS = {1: ("accounts", "str")}
CURRENT_TIME = {1: ("seconds", "int")}
INCREMENT = {1: ("low_edge", "double"), 2: ("increment", "double")}
MARKET_RULE = {1: ("market_rule_id", "int"), 2: ("increments", [INCREMENT])}
PAIR = {1: ("key", "str"), 2: ("value", "str")}

MESSAGES: dict[int, dict[int, tuple[str, Any]]] = {
    204: ERROR,
    209: NEXT_VALID_ID,
    210: CONTRACT_DATA,
    215: MANAGED_ACCOUNTS,
    249: CURRENT_TIME,
    252: CONTRACT_DATA_END,
    293: MARKET_RULE,
}


def decode_payload(payload: bytes) -> tuple[int, Any]:
    """The id of a message from 201 on, with its text fields or its protobuf as a dictionary."""
    (raw_id,) = struct.unpack("!I", payload[:4])
    body = payload[4:]
    if raw_id > 200:
        return raw_id, decode(body, MESSAGES[raw_id])
    return raw_id, tuple(body.decode("utf-8", "surrogateescape").split("\0")[:-1])


def decode(message: bytes, schema: dict[int, tuple[str, Any]]) -> dict[str, Any]:
    """The present fields of a message by name."""
    found: dict[str, Any] = {}
    for number, wire_type, value in fields_of(message):
        name, kind = schema[number]
        if kind == "int":
            assert wire_type == 0
            found[name] = value - (1 << 64) if value >= 1 << 63 else value
        elif kind == "double":
            assert wire_type == 1
            (found[name],) = struct.unpack("<d", value)
        elif kind == "str":
            assert wire_type == 2
            found[name] = value.decode("utf-8")
        elif kind == "pair":
            pair = decode(value, PAIR)
            found[name] = (*found.get(name, ()), (pair["key"], pair["value"]))
        elif isinstance(kind, list):
            found[name] = (*found.get(name, ()), decode(value, kind[0]))
        else:
            found[name] = decode(value, kind)
    return found


def fields_of(message: bytes) -> Iterator[tuple[int, int, Any]]:
    """Number, wire type and value of each field; a message that ends too early raises."""
    rest = message
    value: Any
    while rest:
        tag, rest = _varint(rest)
        if tag & 7 == 0:
            value, rest = _varint(rest)
        elif tag & 7 == 1:
            value, rest = rest[:8], rest[8:]
            assert len(value) == 8
        else:
            assert tag & 7 == 2, tag
            size, rest = _varint(rest)
            value, rest = rest[:size], rest[size:]
            assert len(value) == size
        yield tag >> 3, tag & 7, value


def _varint(message: bytes) -> tuple[int, bytes]:
    """The whole number that a message begins with, and what follows it."""
    low, rest = message[0], message[1:]
    if low < 0x80:
        return low, rest
    high, rest = _varint(rest)
    return (low & 0x7F) | high << 7, rest


def varint(value: int) -> bytes:
    """Encode a whole number, a negative one as its 64 bits."""
    value &= (1 << 64) - 1
    low, rest = value & 0x7F, value >> 7
    return bytes([low]) if not rest else bytes([low | 0x80]) + varint(rest)


def field(number: int, value: float | str | bytes) -> bytes:
    """Encode a field by its value's Python type."""
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def contract_request(req_id: int, **contract: float | str) -> bytes:
    """The body of a contract-details request, with the conId of 0 that ibapi always says."""
    numbers = {name: number for number, (name, _) in CONTRACT.items()}
    numbers |= {"sec_id_type": 13, "sec_id": 14, "issuer_id": 16, "include_expired": 18}
    said: dict[str, Any] = {"con_id": 0, "sec_type": "FUT"} | contract
    body = b"".join(field(numbers[name], value) for name, value in said.items())
    return field(1, req_id) + field(2, body)


class RawIdClient(TwsClient):
    """Speaks as clients do from server version 201 on."""

    def send_raw(self, raw_id: int, body: bytes = b"") -> None:
        """Send a message whose id goes first, in four bytes."""
        self.sock.sendall(struct.pack("!II", 4 + len(body), raw_id) + body)

    def send(self, *fields: object) -> None:
        """Send a text message."""
        message_id, *rest = fields
        self.send_raw(int(str(message_id)), "".join(f"{value}\0" for value in rest).encode())

    def start(self, client_id: int = 7, versions: str = "v100..226") -> Self:
        """Negotiate, start, and read as far as the last of TWS's first notices."""
        self.connect(versions)
        if self.server_version >= 213:
            self.send_raw(271, field(1, client_id))
        else:
            self.send(71, 2, client_id, "")
        self.greeting = [self.hear()]
        while not (self.greeting[-1][0] == 204 and self.greeting[-1][1]["code"] == 2158):
            self.greeting.append(self.hear())
        return self

    def ask(self, req_id: int = 1, **contract: Any) -> None:
        """Send a contract-details request with some fields filled."""
        if self.server_version < 205:
            super().ask(req_id, **contract)
        else:
            self.send_raw(209, contract_request(req_id, **contract))

    def hear(self) -> tuple[int, Any]:
        """The next message, decoded."""
        return decode_payload(self.receive_payload())

    def hear_reply(self) -> list[tuple[int, object]]:
        """All messages up to an end marker."""
        messages = [self.hear()]
        while messages[-1][0] not in (52, 252):
            messages.append(self.hear())
        return messages
