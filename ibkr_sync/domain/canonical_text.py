"""The text in which history keeps the value of a field, and how it is read back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from ibkr_sync.domain.entities.contracts import ContractMonth, Venue
from ibkr_sync.domain.entities.fields import EntityField, FieldKind, Kind
from ibkr_sync.domain.entities.futures import CONTRACT_FIELDS, PRODUCT_FIELDS, Underlying
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind

Parser = Callable[[str], Any]

ESCAPE = "\\"
"""Stands before a character that would else be taken for a separator, or for an unknown part."""

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_INTEGER = re.compile(r"-?[0-9]+", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_VENUE = re.compile(r"((?:[^:\\]|\\.)*)(?::([0-9]+))?", re.DOTALL | re.ASCII)
_UNDERLYING = re.compile(r"((?:[^\\]|\\.)*) ((?:[^ \\]|\\.)*) (-|[0-9]+)", re.DOTALL | re.ASCII)
_CHARACTER = re.compile(r"\\.|.", re.DOTALL)
_PARTS_OF_REMARK = 5
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def canonical_text(value: object) -> str | None:
    """A value as history keeps it: exact, and equal for equal values; None stays None.

    Lists are joined by commas, the parts of a venue and of a remark by colons, those of an
    underlying by blanks, of which an unknown one is a hyphen. `parse_canonical_text` reads it back.
    """
    if value is None or value in ((), ""):
        return None
    match value:
        case Decimal():
            text = format(value, "f") if value else "0"
            text = text.rstrip("0").rstrip(".") if "." in text else text
        case date():
            text = value.isoformat()
        case Underlying(symbol=symbol, sec_type=sec_type, con_id=con_id):
            kind = "-" if sec_type is None else _escaped(sec_type, " -")
            text = f"{_escaped(symbol, '')} {kind} {con_id or '-'}"
        case Venue() | tuple():
            text = _item(value)
        case _:
            text = str(value)
    return text


def _item(value: object) -> str:
    match value:
        case tuple():
            return ",".join(_item(item) for item in value)
        case Venue(exchange=exchange, market_rule_id=rule):
            name = _escaped(exchange, ",:")
            return name if rule is None else f"{name}:{rule}"
        case Remark(kind=kind, contract=contract, field=field, value=sent, reason=reason):
            parts = (kind, contract or "", field, sent or "", reason or "")
            return ":".join(_escaped(part, ",:") for part in parts)
        case _:
            return _escaped(canonical_text(value) or "", ",")


def _escaped(text: str, separators: str) -> str:
    for character in (ESCAPE, *separators):
        text = text.replace(character, ESCAPE + character)
    return text


def _text(text: str) -> str:
    return text


def _number(text: str) -> Decimal:
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(f"not a number: {text!r}")
    return Decimal(text)


def _integer(text: str) -> int:
    if _INTEGER.fullmatch(text) is None:
        raise ValueError(f"not a whole number: {text!r}")
    return int(text)


def _date(text: str) -> date:
    if _DAY.fullmatch(text) is None:
        raise ValueError(f"not a date: {text!r}")
    return date.fromisoformat(text)


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {text!r}")
    return at.astimezone(UTC)


def _venues(text: str) -> tuple[Venue, ...]:
    return tuple(_venue(part) for part in _split(text))


def _venue(text: str) -> Venue:
    match = _VENUE.fullmatch(text)
    if match is None:
        raise ValueError(f"not an exchange with its market rule: {text!r}")
    rule = None if match[2] is None else int(match[2])
    return Venue(exchange=_unescaped(match[1]), market_rule_id=rule)


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    parts = [_unescaped(part) for part in _split(text)]
    if len(parts) % 2:
        raise ValueError(f"not pairs of a kind and a value: {text!r}")
    return tuple(zip(parts[::2], parts[1::2], strict=True))


def _remarks(text: str) -> tuple[Remark, ...]:
    return tuple(_remark(part) for part in _split(text))


def _remark(text: str) -> Remark:
    parts = [_unescaped(part) or None for part in _split(text, ":")]
    kind, contract, field, value, reason = parts if len(parts) == _PARTS_OF_REMARK else [None] * 5
    if kind is None or field is None:
        raise ValueError(f"not a remark: {text!r}")
    return Remark(kind=RemarkKind(kind), contract=contract, field=field, value=value, reason=reason)


def _underlying(text: str) -> Underlying:
    match = _UNDERLYING.fullmatch(text)
    if match is None:
        raise ValueError(f"not an underlying: {text!r}")
    return Underlying(
        symbol=_unescaped(match[1]),
        sec_type=None if match[2] == "-" else _unescaped(match[2]),
        con_id=None if match[3] == "-" else int(match[3]),
    )


def _split(text: str, separator: str = ",") -> list[str]:
    """The parts between separators that are not escaped, each still escaped."""
    parts = [""]
    for character in _CHARACTER.findall(text):
        if character == separator:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if ESCAPE in text else text


_PARSERS: Final[dict[FieldKind, Parser]] = {
    Kind.TEXT: _text,
    Kind.ZONE: _text,
    Kind.INTEGER: _integer,
    Kind.POSITIVE_INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.POSITIVE_NUMBER: _number,
    Kind.DATE: _date,
    Kind.INSTANT: _instant,
    Kind.MONTH: ContractMonth.parse,
    Kind.PAIRS: _pairs,
    Kind.VENUES: _venues,
    Kind.REMARKS: _remarks,
    Underlying: _underlying,
}


def _tracked(fields: Iterable[EntityField]) -> dict[str, EntityField]:
    return {field.name: field for field in fields if field.tracked}


TRACKED_OF_PRODUCT: Final = _tracked(PRODUCT_FIELDS)
"""A product's own fields that have a history, by name."""

TRACKED_OF_CONTRACT: Final = _tracked(CONTRACT_FIELDS)
"""As `TRACKED_OF_PRODUCT`; besides these, history keeps a contract's listing and product."""


def parse_canonical_text(name: str, text: str | None, *, of_contract: bool) -> Any:  # noqa: ANN401 - the field decides
    """The value of a field with a history, from its canonical text; raises ValueError."""
    field = (TRACKED_OF_CONTRACT if of_contract else TRACKED_OF_PRODUCT)[name]
    if text is None:
        return field.unknown
    return (field.choices or _PARSERS[field.kind])(text)
