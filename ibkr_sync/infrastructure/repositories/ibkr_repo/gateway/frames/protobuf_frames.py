"""Reads what a session must know of a protobuf frame before ibapi decodes it.

ibapi skips a contract row that lacks one of its parts without a word, and gives some fields
changed, so those are taken from the frame by IBKR's field numbers:

* the time zone of the last trade time, dropped for futures;
* `minTick`, sent as text and decoded as a float;
* `multiplier`, a double that ibapi rounds to eight places;
* `evMultiplier`, whose absence ibapi gives as 0;
* `settlementMethod`, which ibapi knows from 10.49 on and servers send from version 225 on.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.text_frames import (
    MalformedFrameError,
    RowStatement,
    RowText,
)

_VARINT, _FIXED64, _LENGTH_DELIMITED, _FIXED32 = 0, 1, 2, 5
_FIXED_BYTES = {_FIXED64: 8, _FIXED32: 4}
_DOUBLE = struct.Struct("<d")
_LONGEST_VARINT = 10
_VARINT_BITS = 7
_CONTINUED = 0x80

_REQUEST_ID = 1  # of ContractData and of ContractDataEnd
_CONTRACT, _DETAILS = 2, 3  # of ContractData
_CON_ID, _LAST_TRADE, _MULTIPLIER = 1, 4, 7  # of Contract
_MIN_TICK, _LONG_NAME, _EV_MULTIPLIER = 2, 7, 16  # of ContractDetails
_PRICE_MAGNIFIER, _UNDERLYING_CON_ID, _SETTLEMENT_METHOD = 5, 6, 65  # of ContractDetails
_ZONE_ID, _TRADING, _LIQUID = 12, 13, 14  # of ContractDetails

WireValue = int | bytes


def _schema(last: int, *, varints: tuple[int, ...], doubles: tuple[int, ...]) -> dict[int, int]:
    """The wire types of the fields 1 to `last`; the others are text or embedded messages."""
    return (
        dict.fromkeys(range(1, last + 1), _LENGTH_DELIMITED)
        | dict.fromkeys(varints, _VARINT)
        | dict.fromkeys(doubles, _FIXED64)
    )


_ROW_FIELDS = _schema(3, varints=(_REQUEST_ID,), doubles=())
_CONTRACT_FIELDS = _schema(21, varints=(1, 18), doubles=(5, _MULTIPLIER))
_DETAILS_FIELDS = _schema(
    65, varints=(5, 6, 18, 34, 35, 36, 50, 51, 52, 56), doubles=(_EV_MULTIPLIER, 48)
)


@dataclass(frozen=True, slots=True)
class ProtobufMessage:
    """A message whose body is protobuf; `message_id` is what it is as text, 200 lower."""

    message_id: int
    body: bytes

    def field_count(self) -> int:
        """How many fields there are, those of the parts of a contract row included."""
        parts = (
            value for number, _, value in wire_fields(self.body) if number in (_CONTRACT, _DETAILS)
        )
        nested = (wire_fields(part) for part in parts if isinstance(part, bytes))
        return sum(1 for _ in wire_fields(self.body)) + sum(1 for fields in nested for _ in fields)

    def request_id(self) -> int:
        """The request id of a contract row or end marker; raises MalformedFrameError.

        A body that is broken behind the id still says whose it is.
        """
        found: int | None = None
        try:
            for number, wire_type, value in wire_fields(self.body):
                if number == _REQUEST_ID and wire_type == _VARINT and isinstance(value, int):
                    found = int32_of(value)
        except MalformedFrameError:
            if found is None:
                raise
        if found is None:
            raise MalformedFrameError("no request id")
        return found

    def row_text(self) -> RowText:
        """The fields of a contract row that ibapi loses; raises MalformedFrameError.

        A known field of another type than its own is refused: to ibapi it would be absent.
        """
        row = _values(self.body, _ROW_FIELDS)
        for part, name in ((_CONTRACT, "contract"), (_DETAILS, "contract details")):
            if part not in row:
                raise MalformedFrameError(f"contract row without its {name}")
        contract = _values(embedded_message(self.body, _CONTRACT), _CONTRACT_FIELDS)
        details = _values(embedded_message(self.body, _DETAILS), _DETAILS_FIELDS)
        return RowText(
            last_trade=_text(contract, _LAST_TRADE),
            multiplier=_double_text(contract, _MULTIPLIER),
            min_tick=_text(details, _MIN_TICK),
            long_name=_text(details, _LONG_NAME),
            economic_value_multiplier=_double_text(details, _EV_MULTIPLIER),
            price_magnifier=_int32_text(details, _PRICE_MAGNIFIER),
            underlying_con_id=_int32_text(details, _UNDERLYING_CON_ID),
            settlement_method=_text(details, _SETTLEMENT_METHOD),
        )

    def statement(self) -> RowStatement:
        """What a contract row says; raises MalformedFrameError.

        All of its bytes are in it but the values of its request id and of its hours, so that no
        row that ibapi refuses says what one that it decoded said.
        """
        whole, parts = _cut_out(self.body, (_REQUEST_ID, _CONTRACT, _DETAILS), _ROW_FIELDS)
        contract, details = parts.get(_CONTRACT), parts.get(_DETAILS)
        if not isinstance(contract, bytes) or not isinstance(details, bytes):
            raise MalformedFrameError("contract row without its contract or its details")
        con_id = _values(contract, _CONTRACT_FIELDS).get(_CON_ID)
        if not isinstance(con_id, int):
            raise MalformedFrameError("contract row without its conId")
        rest, hours = _cut_out(details, (_ZONE_ID, _TRADING, _LIQUID), _DETAILS_FIELDS)
        zone_id, trading, liquid = (
            value if isinstance(value := hours.get(number), bytes) else b""
            for number in (_ZONE_ID, _TRADING, _LIQUID)
        )
        return RowStatement(
            besides=repr((whole, contract, rest, zone_id)).encode(),
            con_id=int32_of(con_id),
            hours=(zone_id, trading, liquid),
        )

    def decodable(self) -> ProtobufMessage:
        """The message itself: ibapi is given protobuf as it came."""
        return self


def _values(message: bytes, schema: dict[int, int]) -> dict[int, WireValue]:
    """The values of a message by number, of which the last one counts."""
    values: dict[int, WireValue] = {}
    for number, wire_type, value in wire_fields(message):
        if wire_type != schema.get(number, wire_type):
            raise MalformedFrameError(f"field {number} has wire type {wire_type}")
        values[number] = value
    return values


def embedded_message(message: bytes, part: int) -> bytes:
    """An embedded message; where it comes in pieces, they are one."""
    return b"".join(
        value
        for number, _, value in wire_fields(message)
        if number == part and isinstance(value, bytes)
    )


def wire_fields(message: bytes) -> Iterator[tuple[int, int, WireValue]]:
    """Number, wire type and value of each field; raises MalformedFrameError where it breaks off."""
    for number, wire_type, value, _, _ in _placed_fields(message):
        yield number, wire_type, value


def _cut_out(
    message: bytes, numbers: Collection[int], schema: dict[int, int]
) -> tuple[bytes, dict[int, WireValue]]:
    """A message without what stands behind the tags of some fields, and their values by number.

    Raises MalformedFrameError where one of them is not as a sender writes it, which ibapi may
    refuse: where it comes twice, has another type, or not the shortest length or number.
    """
    kept: list[bytes] = []
    values: dict[int, WireValue] = {}
    behind = 0
    for number, wire_type, value, start, end in _placed_fields(message):
        if number not in numbers:
            continue
        whole, rest = (len(value), len(value)) if isinstance(value, bytes) else (value, 0)
        is_shortest = end - start - rest == max(1, -(-whole.bit_length() // _VARINT_BITS))
        is_expected = wire_type == schema[number] and number not in values
        if not is_expected or not is_shortest or int32_of(whole) != whole:
            raise MalformedFrameError(f"field {number} is not written as usual")
        kept.append(message[behind:start])
        values[number] = value
        behind = end
    kept.append(message[behind:])
    return b"".join(kept), values


def _placed_fields(message: bytes) -> Iterator[tuple[int, int, WireValue, int, int]]:
    """The fields, and where what stands behind the tag of each begins and ends."""
    at, size = 0, len(message)
    while at < size:
        tag, start = _varint(message, at)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == _VARINT:
            whole, at = _varint(message, start)
            yield number, wire_type, whole, start, at
            continue
        if wire_type == _LENGTH_DELIMITED:
            length, at = _varint(message, start)
        elif wire_type in _FIXED_BYTES:
            length, at = _FIXED_BYTES[wire_type], start
        else:
            raise MalformedFrameError(f"field {number} has wire type {wire_type}")
        end = at + length
        if end > size:
            raise MalformedFrameError(f"field {number} goes beyond its {size} bytes")
        yield number, wire_type, message[at:end], start, end
        at = end


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """A whole number and the position behind it; raises MalformedFrameError."""
    if at < len(message) and message[at] < _CONTINUED:  # as most are
        return message[at], at + 1
    value = shift = 0
    for byte in message[at : at + _LONGEST_VARINT]:
        at += 1
        if byte < _CONTINUED:
            return value | byte << shift, at
        value |= (byte - _CONTINUED) << shift
        shift += _VARINT_BITS
    raise MalformedFrameError(f"broken off at byte {at} of {len(message)}")


def int32_of(value: int) -> int:
    """What an int32 field makes of a whole number: its low 32 bits, signed."""
    low = value & 0xFFFFFFFF
    return low - (1 << 32) if low >= 1 << 31 else low


def _text(values: dict[int, WireValue], number: int) -> str:
    value = values.get(number, b"")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _int32_text(values: dict[int, WireValue], number: int) -> str:
    value = values.get(number)
    return str(int32_of(value)) if isinstance(value, int) else ""


def _double_text(values: dict[int, WireValue], number: int) -> str:
    value = values.get(number)
    if not isinstance(value, bytes):
        return ""
    double: float
    (double,) = _DOUBLE.unpack(value)
    return repr(double).removesuffix(".0")
