"""Protocol buffers on the wire, as far as the TWS protocol uses them: fields, no schema.

A message is a sequence of fields; a field is a number, a wire type and a value. IBKR's fields
have explicit presence: one that isn't there has no value, which is not the same as 0 or "".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from ibkr_sync.infrastructure.replay.protocol.wire import WireError

_DOUBLE = struct.Struct("<d")
_TAG_TYPE_BITS = 3
_VARINT_BITS = 7
_CONTINUED = 0x80
_MAX_VARINT_BYTES = 10
_UINT64 = 1 << 64


class WireType(IntEnum):
    """How a value is laid out; groups, long deprecated, are not known here."""

    VARINT = 0
    FIXED64 = 1
    LENGTH_DELIMITED = 2
    FIXED32 = 5


_FIXED_BYTES = {WireType.FIXED64: 8, WireType.FIXED32: 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a message; its value is read as what the reader's schema says it is.

    Attributes:
        value: what follows the tag, of a length-delimited field without its length.
        start: where the field's tag begins in the message.
        value_start: where its value begins.
        end: where the next field begins.
    """

    number: int
    wire_type: WireType
    value: bytes
    start: int
    value_start: int
    end: int

    @property
    def content(self) -> bytes:
        """The value of a string or an embedded message; raises WireError for another type."""
        return self._of(WireType.LENGTH_DELIMITED)

    @property
    def text(self) -> str:
        """A string, bytes that aren't UTF-8 as surrogate escapes; raises WireError as `content`."""
        return self.content.decode("utf-8", "surrogateescape")

    @property
    def integer(self) -> int:
        """A varint as the signed 64-bit number it stands for; raises WireError as `content`."""
        unsigned = _read_varint(self._of(WireType.VARINT), 0)[0] % _UINT64
        return unsigned - _UINT64 if unsigned >= _UINT64 // 2 else unsigned

    @property
    def double(self) -> float:
        """Eight bytes as a floating-point number; raises WireError as `content`."""
        number: float
        (number,) = _DOUBLE.unpack(self._of(WireType.FIXED64))
        return number

    def _of(self, wire_type: WireType) -> bytes:
        if self.wire_type is not wire_type:
            raise WireError(f"field {self.number} is {self.wire_type.name}, not {wire_type.name}")
        return self.value


def integer_field(number: int, value: int) -> bytes:
    """Encode an integer; negative ones take ten bytes, as int32 and int64 do."""
    return _tag(number, WireType.VARINT) + _varint(value % _UINT64)


def double_field(number: int, value: float) -> bytes:
    """Encode a double."""
    return _tag(number, WireType.FIXED64) + _DOUBLE.pack(value)


def text_field(number: int, value: str) -> bytes:
    """Encode a string; surrogate escapes come out as the raw bytes they hide."""
    return message_field(number, value.encode("utf-8", "surrogateescape"))


def message_field(number: int, value: bytes) -> bytes:
    """Encode an embedded message, or any other bytes that follow their length."""
    return _tag(number, WireType.LENGTH_DELIMITED) + _varint(len(value)) + value


def read_message(message: bytes) -> Iterator[Field]:
    """The fields of a message, in their order.

    Raises:
        WireError: the message ends within a field, or a field has no known wire type.
    """
    at = 0
    while at < len(message):
        start = at
        tag, at = _read_varint(message, at)
        number, kind = tag >> _TAG_TYPE_BITS, tag & ((1 << _TAG_TYPE_BITS) - 1)
        if number == 0 or kind not in WireType.__members__.values():
            raise WireError(f"no field has number {number} and wire type {kind}")
        wire_type = WireType(kind)
        value_start, at = _value_bounds(message, at, wire_type)
        if at > len(message):
            raise WireError(f"field {number} goes beyond the {len(message)} bytes of its message")
        value = message[value_start:at]
        yield Field(
            number=number,
            wire_type=wire_type,
            value=value,
            start=start,
            value_start=value_start,
            end=at,
        )


def _value_bounds(message: bytes, at: int, wire_type: WireType) -> tuple[int, int]:
    if wire_type is WireType.VARINT:
        return at, _read_varint(message, at)[1]
    if wire_type is WireType.LENGTH_DELIMITED:
        size, at = _read_varint(message, at)
        return at, at + size
    return at, at + _FIXED_BYTES[wire_type]


def _tag(number: int, wire_type: WireType) -> bytes:
    return _varint(number << _TAG_TYPE_BITS | wire_type)


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= _CONTINUED:
        encoded.append(value & ~_CONTINUED & 0xFF | _CONTINUED)
        value >>= _VARINT_BITS
    encoded.append(value)
    return bytes(encoded)


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    """A varint and where the next thing begins."""
    value = 0
    for position, byte in enumerate(message[at : at + _MAX_VARINT_BYTES]):
        value |= (byte & ~_CONTINUED) << (_VARINT_BITS * position)
        if byte < _CONTINUED:
            return value, at + position + 1
    raise WireError(f"no whole number at byte {at} of a message of {len(message)}")
