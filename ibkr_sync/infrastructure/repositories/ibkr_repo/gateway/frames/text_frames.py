"""Reads what a session must know of a text frame before ibapi decodes it.

ibapi drops or spoils some fields of a contract row, so those are taken from the frame:

* the time zone of the last trade time (dropped for futures by 9.81.1 to 10.51.1);
* `longName`, decoded with strict unicode-escape: a trailing backslash raises, `é` is garbled;
* `evMultiplier`, decoded as an integer by 9.81.1: 0.5 raises;
* `minTick`, decoded as a float;
* `priceMagnifier` and `underConId`, decoded as integers, on which an odd one raises.

`settlementMethod` is sent in protobuf only.

`protobuf_frames` does the same for protobuf.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

CONTRACT_DATA = 10
BOND_CONTRACT_DATA = 18
CONTRACT_DATA_END = 52
NEXT_VALID_ID = 9
ERROR_MESSAGE = 4
MARKET_RULE = 93

_SIZE_RULES = 164  # drops the message version and mdSizeMultiplier
_LAST_TRADE_DATE = 182

# Up to ev_multiplier every field has a fixed place; what follows depends on counts.
_CONTRACT_DATA_FIELDS = (
    *("message_id", "message_version", "request_id"),
    *("symbol", "sec_type", "last_trade", "last_trade_date", "strike", "right"),
    *("exchange", "currency", "local_symbol", "market_name", "trading_class", "con_id"),
    *("min_tick", "md_size_multiplier", "multiplier", "order_types", "valid_exchanges"),
    *("price_magnifier", "under_con_id", "long_name", "primary_exchange", "contract_month"),
    *("industry", "category", "subcategory", "time_zone_id", "trading_hours", "liquid_hours"),
    *("ev_rule", "ev_multiplier"),
)
_SENT_ONLY_BY = {
    "message_version": range(_SIZE_RULES),
    "md_size_multiplier": range(_SIZE_RULES),
    "last_trade_date": range(_LAST_TRADE_DATE, 1000),
}

_MOST_SPLIT = 1024
"""More fields than any message has that is decoded here."""

_FIELDS_TO_REQUEST_ID = 3

_LONGEST_TEXT = 16 * 1024
"""Bytes; what is kept of a field is shorter."""
_EMPTIED = (
    *("long_name", "ev_multiplier", "min_tick", "price_magnifier", "under_con_id"),
    *("strike", "md_size_multiplier"),  # which say nothing of a future
)

_UNICODE_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowText:
    """Fields of a contract row exactly as sent, where ibapi loses something; "" is absent."""

    last_trade: str
    multiplier: str
    long_name: str
    economic_value_multiplier: str
    min_tick: str
    price_magnifier: str
    underlying_con_id: str
    settlement_method: str


class RowStatement(NamedTuple):
    """What a contract row says, as far as it is compared with one that ibapi decoded before.

    Attributes:
        besides: all but request id and hours: it is decoded as any other row of the same bytes.
        hours: the id of their zone, trading and liquid hours, as sent.
    """

    besides: bytes
    con_id: int
    hours: tuple[bytes, bytes, bytes]


class MalformedFrameError(ValueError):
    """A frame that is not what its message id says."""


def split_text_frame(frame: bytes, most: int = _MOST_SPLIT) -> tuple[bytes, ...]:
    """The NUL-terminated fields of a text frame, at most so many: a monstrous one has more."""
    return tuple(frame.split(b"\0", most)[:-1])


def message_id_of_text(fields: tuple[bytes, ...]) -> int:
    """The message id of a text frame; raises MalformedFrameError."""
    return _whole_number(fields[0] if fields else b"", "message id")


def request_id_of_text(fields: tuple[bytes, ...], server_version: int) -> int:
    """The request id of a contract row or end marker; raises MalformedFrameError."""
    is_end = message_id_of_text(fields) == CONTRACT_DATA_END
    has_version = is_end or server_version < _SIZE_RULES
    position = 2 if has_version else 1
    if len(fields) <= position:
        raise MalformedFrameError("no request id")
    return _whole_number(fields[position], "request id")


def read_row_text(fields: tuple[bytes, ...], server_version: int) -> RowText:
    """The fields of a contract row that ibapi loses; raises MalformedFrameError."""
    position = _positions(server_version)
    if len(fields) <= position["ev_multiplier"]:
        raise MalformedFrameError(f"contract row of {len(fields)} fields")
    return RowText(
        last_trade=_text(fields[position["last_trade"]]),
        multiplier=_text(fields[position["multiplier"]]),
        long_name=_unescape(_text(fields[position["long_name"]])),
        economic_value_multiplier=_text(fields[position["ev_multiplier"]]),
        min_tick=_text(fields[position["min_tick"]]),
        price_magnifier=_text(fields[position["price_magnifier"]]),
        underlying_con_id=_text(fields[position["under_con_id"]]),
        settlement_method="",
    )


def make_text_decodable(fields: tuple[bytes, ...], server_version: int) -> tuple[bytes, ...]:
    """The same row with the fields emptied on which ibapi's decoder may raise."""
    position = _positions(server_version)
    emptied = list(fields)
    for name in _EMPTIED:
        if name in position:
            emptied[position[name]] = b""
    return tuple(emptied)


@dataclass(frozen=True, slots=True)
class TextMessage:
    """A message of NUL-terminated fields, the message id first.

    Most rows are told apart and weighed by a glance; only who needs fields cuts them out.
    """

    message_id: int
    body: bytes
    server_version: int

    @property
    def fields(self) -> tuple[bytes, ...]:
        """All fields; of a monstrous number of them the first."""
        return split_text_frame(self.body)

    def field_count(self) -> int:
        """How many fields there are."""
        return self.body.count(b"\0")

    def request_id(self) -> int:
        """The request id of a contract row or end marker; raises MalformedFrameError."""
        head = split_text_frame(self.body, _FIELDS_TO_REQUEST_ID)
        return request_id_of_text(head, self.server_version)

    def row_text(self) -> RowText:
        """The fields of a contract row that ibapi loses; raises MalformedFrameError."""
        return read_row_text(self.fields, self.server_version)

    def statement(self) -> RowStatement:
        """What a contract row says; raises MalformedFrameError."""
        at = _positions(self.server_version)
        besides = self.body.split(b"\0")
        if len(besides) <= at["liquid_hours"] + 1:
            raise MalformedFrameError(f"contract row of {len(besides) - 1} fields")
        trading, liquid = at["trading_hours"], at["liquid_hours"]
        hours = besides[at["time_zone_id"]], besides[trading], besides[liquid]
        besides[at["request_id"]] = besides[trading] = besides[liquid] = b""
        con_id = _whole_number(besides[at["con_id"]], "conId")
        return RowStatement(b"\0".join(besides), con_id, hours)

    def decodable(self) -> TextMessage:
        """The same contract row without the fields on which ibapi's decoder may raise."""
        fields = make_text_decodable(self.fields, self.server_version)
        body = b"".join(field + b"\0" for field in fields)
        return TextMessage(self.message_id, body, self.server_version)


@cache
def _positions(server_version: int) -> dict[str, int]:
    sent = [
        name
        for name in _CONTRACT_DATA_FIELDS
        if server_version in _SENT_ONLY_BY.get(name, (server_version,))
    ]
    return {name: position for position, name in enumerate(sent)}


def _whole_number(field: bytes, name: str) -> int:
    try:
        return int(field.decode("ascii"))
    except ValueError:
        raise MalformedFrameError(f"{name} {field[:40]!r} is not a number") from None


def _text(field: bytes) -> str:
    return field[:_LONGEST_TEXT].decode("utf-8", "replace")


def _unescape(text: str) -> str:
    r"""Resolve `\uXXXX`, as which servers from 153 on send what is not ASCII.

    What lies beyond `\uffff` comes as a pair of surrogates.
    """
    resolved = _UNICODE_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return resolved.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
