"""Days and contract months as files with dates of deliveries write them."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from ibkr_sync.domain.entities.contracts import LIKELY_YEARS, ContractMonth
from ibkr_sync.domain.naming.spellings import MONTH_CODES
from ibkr_sync.domain.untrusted_text import quote_untrusted
from ibkr_sync.interchange.document_fields import InvalidDocumentError

_MONTH_NAMES: Final = "jan feb mar apr may jun jul aug sep oct nov dec"
_LENGTH_OF_NAME: Final = 4
_ISO: Final = re.compile(r"(?P<y>\d{4})-?(?P<m>\d{2})-?(?P<d>\d{2})", re.ASCII)
_DAY_FIRST: Final = re.compile(
    r"(?P<d>\d{1,2})[ -](?P<n>[A-Za-z]{3})[a-z]*[ -](?P<y>\d{4})", re.ASCII
)
_NAME_FIRST: Final = re.compile(r"(?P<n>[A-Za-z]{3})[a-z]* (?P<d>\d{1,2}),? (?P<y>\d{4})", re.ASCII)
_SLASHES: Final = re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})", re.ASCII)
_TIME: Final = re.compile(r"(?:[ T]+\d{1,2}:\d{2}(?::\d{2})?)?(?: [A-Z]{1,5})?", re.ASCII)
_MONTHS: Final = (
    re.compile(r"(?P<y>\d{4})-?(?P<m>\d{2})", re.ASCII),
    re.compile(rf"(?P<l>[{MONTH_CODES}])(?P<y>\d{{2}}|\d{{4}})", re.ASCII),
    re.compile(r"(?P<n>[A-Za-z]{3})[a-z]*[ -]?'?(?P<y>\d{2}|\d{4})", re.ASCII),
)
_CENTURY: Final = 2000
_SHORT_YEARS: Final = 100


def read_day(text: str, path: str, *, has_slashes: bool = False) -> date:
    """Read a day in any unambiguous form, a time of day behind it left out.

    With slashes the month stands first, where the file is American. Raises InvalidDocumentError.
    """
    forms = (_ISO, _DAY_FIRST, _NAME_FIRST, *((_SLASHES,) if has_slashes else ()))
    for form in forms:
        match = form.match(text)
        if match is not None and _TIME.fullmatch(text, match.end()):
            parts = match.groupdict()
            month = _month_number(parts.get("n"), parts.get("m"))
            try:
                day = date(int(parts["y"]), month, int(parts["d"]))
            except ValueError:
                break
            if day.year in LIKELY_YEARS:
                return day
    raise InvalidDocumentError(path, f"is no day: {quote_untrusted(text)}")


def read_month(text: str, path: str) -> ContractMonth:
    """Read `202612`, `Z2026`, `Z26`, `DEC 2026` or `Dec26`; raises InvalidDocumentError."""
    for form in _MONTHS:
        match = form.fullmatch(text)
        if match is not None:
            parts = match.groupdict()
            letter = parts.get("l")
            number = (
                MONTH_CODES.index(letter) + 1
                if letter
                else _month_number(parts.get("n"), parts.get("m"))
            )
            year = int(parts["y"])
            try:
                return ContractMonth(year + _CENTURY if year < _SHORT_YEARS else year, number)
            except ValueError:
                break
    raise InvalidDocumentError(path, f"is no contract month: {quote_untrusted(text)}")


def _month_number(name: str | None, digits: str | None) -> int:
    """The number of a month; 0 for a name that there is not."""
    if name is None:
        return int(digits or 0)
    place = _MONTH_NAMES.find(name.lower())
    return place // _LENGTH_OF_NAME + 1 if place % _LENGTH_OF_NAME == 0 else 0
