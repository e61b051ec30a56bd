"""A whole contract row out of a protobuf frame, each field as text would have it.

What text has no field for is left out, as how a contract settles.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

from ibkr_sync.domain.ports.recordings import SentRow, SentRowReader
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.messages import message_in_frame
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.protobuf_frames import (
    ProtobufMessage,
    WireValue,
    embedded_message,
    int32_of,
    wire_fields,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.text_frames import CONTRACT_DATA

_SERVER_VERSION = 205
"""From here on contract rows are protobuf."""

_DOUBLE = struct.Struct("<d")
_CONTRACT, _DETAILS = 2, 3
_LONG_NAME = "long_name"

_CONTRACT_NAMES: Final = {
    1: "con_id",
    2: "symbol",
    3: "sec_type",
    4: "last_trade_date_or_contract_month",
    5: "strike",
    6: "right",
    7: "multiplier",
    8: "exchange",
    9: "primary_exchange",
    10: "currency",
    11: "local_symbol",
    12: "trading_class",
    21: "last_trade_date",
}
_DETAILS_NAMES: Final = {
    1: "market_name",
    2: "min_tick",
    3: "order_types",
    4: "valid_exchanges",
    5: "price_magnifier",
    6: "under_con_id",
    7: _LONG_NAME,
    8: "contract_month",
    9: "industry",
    10: "category",
    11: "subcategory",
    12: "time_zone_id",
    13: "trading_hours",
    14: "liquid_hours",
    15: "ev_rule",
    16: "ev_multiplier",
    18: "agg_group",
    19: "under_symbol",
    20: "under_sec_type",
    21: "market_rule_ids",
    22: "real_expiration_date",
    23: "stock_type",
    24: "min_size",
    25: "size_increment",
    26: "suggested_size_increment",
}
_PAIRS_NAMES: Final = {17: "sec_id_list", 58: "ineligibility_reasons"}
_PARTS: Final = ((_CONTRACT, _CONTRACT_NAMES), (_DETAILS, _DETAILS_NAMES))


class ProtobufRowReader(SentRowReader):
    """Reads rows by IBKR's field numbers, without ibapi."""

    def row(self, frame: bytes) -> SentRow | None:
        message = message_in_frame(frame, _SERVER_VERSION)
        if not isinstance(message, ProtobufMessage) or message.message_id != CONTRACT_DATA:
            return None
        row = dict.fromkeys((*_CONTRACT_NAMES.values(), *_DETAILS_NAMES.values()), "")
        for part, names in _PARTS:
            row |= _texts(embedded_message(message.body, part), names)
        row[_LONG_NAME] = _escaped(row[_LONG_NAME])
        return row | _pairs(embedded_message(message.body, _DETAILS))


def _texts(message: bytes, names: Mapping[int, str]) -> dict[str, str]:
    """The fields by name; of one that is there twice the last counts."""
    return {
        names[number]: _text(value, wire_type)
        for number, wire_type, value in wire_fields(message)
        if number in names
    }


def _pairs(message: bytes) -> dict[str, tuple[tuple[str, str], ...]]:
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for number, _, value in wire_fields(message):
        if number in _PAIRS_NAMES and isinstance(value, bytes):
            pair = _texts(value, {1: "key", 2: "value"})
            name = _PAIRS_NAMES[number]
            found[name] = (*found.get(name, ()), (pair.get("key", ""), pair.get("value", "")))
    return found


def _text(value: WireValue, wire_type: int) -> str:
    if isinstance(value, int):
        return str(int32_of(value))
    if wire_type == 1 and len(value) == _DOUBLE.size:
        number: float
        (number,) = _DOUBLE.unpack(value)
        return repr(number).removesuffix(".0")
    return value.decode("utf-8", "surrogateescape")


def _escaped(name: str) -> str:
    r"""A name as text has it: `\uXXXX` for what is not ASCII, two of them beyond `\uffff`."""
    units = name.encode("utf-16-be", "surrogatepass")
    codes = (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    return "".join(chr(code) if code < 0x80 else f"\\u{code:04x}" for code in codes)  # noqa: PLR2004 - the end of ASCII
