"""Message 210, contract data in protobuf: request id, contract and contract details.

The field numbers are those of IBKR's schema. What a row holds as "" is absent; so are an
underlying's conId of 0 and an aggregated group of 2147483647, as gateways leave them out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gateway.dialects.protobuf_wire import (
    double_field,
    integer_field,
    message_field,
    read_message,
    text_field,
)
from ibkr_sync.infrastructure.replay.protocol.contract_data import ContractDataError
from ibkr_sync.infrastructure.replay.rows import ContractRow

REQ_ID = 1
CONTRACT = 2
CONTRACT_DETAILS = 3

Encode = Callable[[int, str], bytes]
Path = tuple[int, ...]

_NO_AGGREGATED_GROUP = "2147483647"
_MIN_ALGO_SIZE = 62
_ESCAPED_CHARACTERS = re.compile(r"(?:\\u[0-9a-fA-F]{4})+")


def _integer(number: int, text: str) -> bytes:
    """An integer; "" is none, and what isn't one can only go out as text, which it is not."""
    try:
        return integer_field(number, int(text)) if text else b""
    except ValueError:
        return text_field(number, text)


def _double(number: int, text: str) -> bytes:
    try:
        return double_field(number, float(text)) if text else b""
    except ValueError:
        return text_field(number, text)


def _name(number: int, text: str) -> bytes:
    """A name: text messages escape what isn't ASCII, protobuf has no need to."""
    return text_field(number, _ESCAPED_CHARACTERS.sub(_unescaped, text))


CONTRACT_FIELDS: dict[str, tuple[int, Encode]] = {
    "con_id": (1, _integer),
    "symbol": (2, text_field),
    "sec_type": (3, text_field),
    "last_trade_date_or_contract_month": (4, text_field),
    "strike": (5, _double),
    "right": (6, text_field),
    "multiplier": (7, _double),
    "exchange": (8, text_field),
    "primary_exchange": (9, text_field),
    "currency": (10, text_field),
    "local_symbol": (11, text_field),
    "trading_class": (12, text_field),
    "last_trade_date": (21, text_field),
}

DETAILS_FIELDS: dict[str, tuple[int, Encode]] = {
    "market_name": (1, text_field),
    "min_tick": (2, text_field),
    "order_types": (3, text_field),
    "valid_exchanges": (4, text_field),
    "price_magnifier": (5, _integer),
    "under_con_id": (6, _integer),
    "long_name": (7, _name),
    "contract_month": (8, text_field),
    "industry": (9, text_field),
    "category": (10, text_field),
    "subcategory": (11, text_field),
    "time_zone_id": (12, text_field),
    "trading_hours": (13, text_field),
    "liquid_hours": (14, text_field),
    "ev_rule": (15, text_field),
    "ev_multiplier": (16, _double),
    "sec_id_list": (17, text_field),
    "agg_group": (18, _integer),
    "under_symbol": (19, text_field),
    "under_sec_type": (20, text_field),
    "market_rule_ids": (21, text_field),
    "real_expiration_date": (22, text_field),
    "stock_type": (23, text_field),
    "min_size": (24, text_field),
    "size_increment": (25, text_field),
    "suggested_size_increment": (26, text_field),
    "ineligibility_reasons": (58, text_field),
    "settlement_method": (65, text_field),
}

_PATHS: dict[str, Path] = {
    "req_id": (REQ_ID,),
    "contract": (CONTRACT,),
    "contract_details": (CONTRACT_DETAILS,),
    **{name: (CONTRACT, number) for name, (number, _) in CONTRACT_FIELDS.items()},
    **{name: (CONTRACT_DETAILS, number) for name, (number, _) in DETAILS_FIELDS.items()},
}
_ENCODERS: dict[Path, Encode] = {
    (REQ_ID,): _integer,
    (CONTRACT,): text_field,
    (CONTRACT_DETAILS,): text_field,
    **{(CONTRACT, number): encode for number, encode in CONTRACT_FIELDS.values()},
    **{(CONTRACT_DETAILS, number): encode for number, encode in DETAILS_FIELDS.values()},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A field that holds a value and no further fields.

    Attributes:
        path: its number, after that of the embedded message it stands in.
        end: how many bytes of the whole message there are up to its end.
    """

    path: Path
    end: int


def encode_row(row: ContractRow) -> bytes:
    """Encode a row without its request id, which goes before it."""
    contract = b"".join(_present_fields(row, CONTRACT_FIELDS))
    details = b"".join((*_present_fields(row, DETAILS_FIELDS), text_field(_MIN_ALGO_SIZE, "0")))
    return message_field(CONTRACT, contract) + message_field(CONTRACT_DETAILS, details)


def leaves(message: bytes) -> list[Leaf]:
    """The fields of a row with a value of their own, in wire order.

    Raises:
        WireError: the message isn't protobuf.
    """
    found: list[Leaf] = []
    for field in read_message(message):
        if field.number in (CONTRACT, CONTRACT_DETAILS):
            found += [
                Leaf(path=(field.number, other.number), end=field.value_start + other.end)
                for other in read_message(field.content)
            ]
        else:
            found.append(Leaf(path=(field.number,), end=field.end))
    return found


def path_of(name: str) -> Path:
    """Where a field of `ContractRow`, or req_id, contract or contract_details, stands.

    Raises:
        ContractDataError: protobuf has no such field.
    """
    if name not in _PATHS:
        raise ContractDataError("not sent in protobuf", name)
    return _PATHS[name]


def with_value(message: bytes, path: Path, value: str) -> bytes:
    """Give a field another value; one the message lacks is added at its end."""
    return _rewritten(message, path, _ENCODERS[path](path[-1], value))


def without(message: bytes, path: Path) -> bytes:
    """Leave a field out."""
    return _rewritten(message, path, b"")


def _present_fields(row: ContractRow, fields: dict[str, tuple[int, Encode]]) -> Iterator[bytes]:
    for name, (number, encode) in fields.items():
        value: str | tuple[tuple[str, str], ...] = getattr(row, name)
        if isinstance(value, tuple):
            for key, text in value:
                yield message_field(number, text_field(1, key) + text_field(2, text))
        elif value and (name, value) not in _SAID_BY_ABSENCE:
            yield encode(number, value)


_SAID_BY_ABSENCE = {("under_con_id", "0"), ("agg_group", _NO_AGGREGATED_GROUP)}


def _rewritten(message: bytes, path: Path, encoded: bytes) -> bytes:
    """Put `encoded` in the place of a field, or at the end if there is no such field."""
    first, *rest = path
    parts: list[bytes] = []
    for field in read_message(message):
        if field.number != first:
            parts.append(message[field.start : field.end])
        elif rest:
            parts.append(message_field(first, _rewritten(field.content, tuple(rest), encoded)))
            encoded = b""
        else:
            parts.append(encoded)
            encoded = b""
    if not rest:
        parts.append(encoded)
    return b"".join(parts)


def _unescaped(escapes: re.Match[str]) -> str:
    """The characters of a run of escapes; those beyond 16 bits take two."""
    units = bytes.fromhex(escapes[0].replace("\\u", ""))
    return units.decode("utf-16-be", "replace")
