"""Readers of the fields of one row: what can't be read is an error, or a remark."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.domain.untrusted_text import clean_text, quote_untrusted
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.value_parsers import (
    parse_number,
    parse_positive_number,
)

T = TypeVar("T")

_MAX_COMPLAINT_LENGTH = 100
_EMPTY = "must not be empty"


class StrictReader:
    """Reads fields that must be right, naming contract, field and value in every complaint."""

    def __init__(self, contract: str) -> None:
        self._contract = contract

    def text(self, field: str, value: str) -> str:
        """Read a text that says something."""
        cleaned = clean_text(value)
        if cleaned is None:
            raise self.complaint(field, value, _EMPTY)
        return cleaned

    def checked(self, field: str, value: object, parse: Callable[[Any], T]) -> T:
        """Read what `parse` takes; it raises ValueError."""
        try:
            return parse(value)
        except ValueError as error:
            raise self.complaint(field, value, str(error)) from error

    def needed(self, field: str, value: object, *, positive: bool = False) -> Decimal:
        """Read a number that must be there."""
        number = self.checked(field, value, parse_positive_number if positive else parse_number)
        if number is None:
            raise self.complaint(field, value, "must not be missing")
        return number

    def complaint(self, field: str, value: object, reason: str) -> InvalidReplyError:
        """Make the error that says what is wrong."""
        return InvalidReplyError(self._contract, field, _quoted(value), _quoted(reason))


class LenientReader:
    """Reads fields, by their names in the entity, of which an unreadable one is a remark."""

    def __init__(self) -> None:
        self.remarks: list[Remark] = []

    def text(self, field: str, value: str) -> str | None:
        """Read a text that should say something."""
        cleaned = clean_text(value)
        if cleaned is None:
            self.remark(RemarkKind.ODD_ROW, field, value, _EMPTY)
        return cleaned

    def checked(self, field: str, value: object, parse: Callable[[Any], T]) -> T | None:
        """Read what `parse` takes; it raises ValueError."""
        try:
            return parse(value)
        except ValueError as error:
            self.remark(RemarkKind.ODD_ROW, field, value, str(error))
            return None

    def optional(self, field: str, value: object, parse: Callable[[Any], T]) -> T | None:
        """Read as `checked` what may be empty."""
        return None if value == "" else self.checked(field, value, parse)

    def number(
        self, field: str, value: object, *, positive: bool = False, zero_is_missing: bool = False
    ) -> Decimal | None:
        """Read a number that may be empty."""
        number = self.checked(field, value, parse_positive_number if positive else parse_number)
        return None if zero_is_missing and number == 0 else number

    def remark(self, kind: RemarkKind, field: str, value: object, reason: str) -> None:
        """Take note of a field that is not believed."""
        text = clean_text(reason, _MAX_COMPLAINT_LENGTH)
        self.remarks.append(
            Remark(kind=kind, field=field, value=quote_untrusted(str(value)), reason=text)
        )


def _quoted(value: object) -> str:
    return str(value)[:_MAX_COMPLAINT_LENGTH]
