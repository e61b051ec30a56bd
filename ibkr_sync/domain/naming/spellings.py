"""What a person types for a product or a contract, with every meaning that it may have.

Text alone can't distinguish `ESZ6` the contract from a product of that name, so nothing is decided
here: all readings are given, and whoever knows the products chooses. Understood are

    ES  6E  SIL  KS200.EU  ES@CME             a product, by any of its names
    ESZ6  ESZ26  ESZ2026  ES Z6  VX48X6       root, month code, year of 1, 2 or 4 digits
    ES 202612  ES202612  ES 2026-12           root, contract month
    ES Dec26  ES DEC 2026  ZN   MAR 24        root, month by name, year of 2 or 4 digits
    NIFTY26NOVFUT                             NSE's form of the same
    FDAX 20261218 M  AH_20240221              root, day, and Eurex's letter of the series
    495512563                                 a conId: five digits or more
    169120018  DVCXC MR24  ISP   24L20        a name that says nothing, as in Osaka, Mexico, Milan

in upper or lower case, with any number of blanks, and all of them with `@EXCHANGE` and
`(TRADING CLASS)` after it, as in `DAX@EUREX (FDAX)`. What has one of these is no conId. What other
programs write is in `foreign_spellings.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ibkr_sync.domain.entities.contracts import ContractMonth, ContractSeries
from ibkr_sync.domain.errors import MalformedSymbolError
from ibkr_sync.domain.naming.foreign_spellings import read_foreign_spelling

MONTH_CODES = "FGHJKMNQUVXZ"
"""The exchanges' letters for January to December."""

MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

MAX_LENGTH = 64
"""Longest text that is looked at; IBKR's longest local symbols have about twenty characters."""

_LARGEST_CON_ID = 2**31 - 1
_FULL_YEAR_DIGITS = 4

_SERIES_LETTERS = {
    "M": ContractSeries.MONTHLY,
    "W": ContractSeries.WEEKLY,
    "D": ContractSeries.DAILY,
}
_LETTERS_OF_SERIES = {series: letter for letter, series in _SERIES_LETTERS.items()}

_OF_CLASS = re.compile(r"(?P<name>[^()]*)\((?P<trading_class>[^()]*)\)\s*")
_PRINTABLE = re.compile(r"[ -~]+")
_PRODUCT = re.compile(
    r"[A-Z0-9][A-Z0-9._&/+-]*( (?P<suffix>[A-Z]{1,3}|[A-Z]{2}[0-9]{2}|[0-9]{2}[A-Z][0-9]{2}))?"
)
_EXCHANGE = re.compile(r"[A-Z0-9][A-Z0-9.]{0,15}")
_MULTIPLIER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_CON_ID = re.compile(r"[1-9][0-9]{4,9}")

_ROOT = r"(?P<root>[A-Z0-9](?:[A-Z0-9 ._&/+-]*[A-Z0-9.+])?)"
_DETACHED = r"(?:[ _-]|(?<=[A-Z.+]))"  # digits that follow digits could be cut anywhere
_YEAR = r"(?P<year>(?:19|20)[0-9]{2})"
_SHORT_YEAR = r"(?P<year>(?:19|20)[0-9]{2}|[0-9]{2})"
_NAME = rf"(?P<name>{'|'.join(MONTH_NAMES)})"

_BY_CODE = re.compile(
    rf"{_ROOT}[ _-]?(?P<code>[{MONTH_CODES}])(?P<year>(?:19|20)[0-9]{{2}}|[0-9]{{1,2}})"
)
_BY_NAME = re.compile(rf"{_ROOT}(?P<gap>[ _-]?){_NAME}[ -]?{_SHORT_YEAR}")
_BY_NAME_AT_NSE = re.compile(rf"{_ROOT}(?P<year>[0-9]{{2}}){_NAME}FUT")
_BY_NUMBER = re.compile(rf"{_ROOT}{_DETACHED}{_YEAR}-?(?P<month>0[1-9]|1[0-2])")
_BY_DAY = re.compile(
    rf"{_ROOT}{_DETACHED}{_YEAR}-?(?P<month>[0-9]{{2}})-?(?P<day>[0-9]{{2}})"
    rf"(?: ?(?P<series>[{''.join(_SERIES_LETTERS)}]))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthSpelling:
    """A contract by its root and contract month; the year as typed, in 1, 2 or 4 digits."""

    root: str
    month: int
    year: int
    year_digits: int

    def names(self, contract_month: ContractMonth) -> bool:
        """Whether this may be the contract month: `Z6` is December of 2016, 2026 and so on."""
        same_year = contract_month.year % self._cycle == self.year
        return same_year and contract_month.month == self.month

    def next_year(self, this_year: int) -> int:
        """The first year from `this_year` on that the digits may mean; a full year is itself."""
        if self.year_digits == _FULL_YEAR_DIGITS:
            return self.year
        return this_year + (self.year - this_year) % self._cycle

    def is_past(self, today: date) -> bool:
        """Whether the month is over; of the years that the digits may mean the nearest counts."""
        year = self.next_year(today.year)
        if self.year_digits != _FULL_YEAR_DIGITS and year - today.year > self._cycle // 2:
            year -= self._cycle
        return (year, self.month) < (today.year, today.month)

    @property
    def _cycle(self) -> int:
        """After how many years the digits return."""
        return int(10**self.year_digits)

    def __str__(self) -> str:
        if self.year_digits == _FULL_YEAR_DIGITS:
            return f"{self.root} {self.year:04d}{self.month:02d}"
        return f"{self.root} {MONTH_CODES[self.month - 1]}{self.year:0{self.year_digits}d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySpelling:
    """A contract by its root and the day it expires; None leaves the series open."""

    root: str
    day: date
    series: ContractSeries | None = None

    def is_past(self, today: date) -> bool:
        """Whether the day is over."""
        return self.day < today

    def __str__(self) -> str:
        letter = f" {_LETTERS_OF_SERIES[self.series]}" if self.series else ""
        return f"{self.root} {self.day:%Y%m%d}{letter}"


ContractSpelling = MonthSpelling | DaySpelling


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolSpellings:
    """A text with all its readings; at least one is there, and none is preferred.

    Attributes:
        text: what was typed, in upper case and with single blanks, without exchange and class.
        typed: the same with all its blanks, as old local symbols have them.
        exchange: what stood after `@`.
        trading_class: what stood in parentheses.
        product: the text as the name of a product.
        contracts: the text as a contract, once for each root it may have.
        con_id: the text as IBKR's contract id.
        is_continuous: whether a continuous contract was typed, whose product the text is.
    """

    text: str
    typed: str = field(compare=False)
    exchange: str | None = None
    trading_class: str | None = None
    product: str | None = None
    contracts: tuple[ContractSpelling, ...] = ()
    con_id: int | None = None
    is_continuous: bool = False

    def __str__(self) -> str:
        text = f"{self.text}@{self.exchange}" if self.exchange else self.text
        return f"{text} ({self.trading_class})" if self.trading_class else text


def parse_spellings(typed: str) -> SymbolSpellings:
    """Read what was typed; raises MalformedSymbolError for what has no reading at all."""
    foreign = read_foreign_spelling(typed)
    given = typed if foreign is None else foreign.text
    of_class = _OF_CLASS.fullmatch(given)
    symbol, at, exchange = (of_class["name"] if of_class else given).partition("@")
    text = _normalised(typed, symbol)
    words = SymbolSpellings(
        text=text,
        typed=symbol.strip().upper(),
        exchange=parse_exchange_spelling(exchange) if at else None,
        trading_class=parse_class_spelling(of_class["trading_class"]) if of_class else None,
        product=_read_product(text),
        contracts=tuple(dict.fromkeys(_read_contracts(text))),
        con_id=None if at or of_class else _read_con_id(text),
        is_continuous=foreign is not None and foreign.is_continuous,
    )
    if words.product is None and not words.contracts:
        raise MalformedSymbolError(typed, "symbol, contract or conId")
    return words


def parse_exchange_spelling(typed: str) -> str:
    """Read an exchange's code; raises MalformedSymbolError."""
    return _checked(typed, _EXCHANGE, "exchange")


def parse_currency_spelling(typed: str) -> str:
    """Read a currency's code of three letters; raises MalformedSymbolError."""
    return _checked(typed, _CURRENCY, "currency")


def parse_class_spelling(typed: str) -> str:
    """Read a trading class; raises MalformedSymbolError."""
    return _checked(typed, _PRODUCT, "trading class")


def parse_multiplier(typed: str) -> Decimal:
    """Read a contract size, as 50 or 0.1; raises MalformedSymbolError."""
    text = typed.strip()
    if not _MULTIPLIER.fullmatch(text) or not Decimal(text):
        raise MalformedSymbolError(typed, "multiplier")
    return Decimal(text)


def _normalised(typed: str, text: str) -> str:
    trimmed = text.strip()
    if len(typed) > MAX_LENGTH or not _PRINTABLE.fullmatch(trimmed):
        raise MalformedSymbolError(typed, "symbol, contract or conId")
    return " ".join(trimmed.split()).upper()


def _checked(typed: str, pattern: re.Pattern[str], what: str) -> str:
    text = typed.strip()
    if len(typed) > MAX_LENGTH or not text.isascii() or not pattern.fullmatch(text.upper()):
        raise MalformedSymbolError(typed, what)
    return text.upper()


def _read_product(text: str) -> str | None:
    """A name may end in a short word, as stocks' do (`BRK B`), but not in a month's name.

    Or in a month or day as only MEXDER and IDEM write it: the local symbol stands for itself.
    """
    match = _PRODUCT.fullmatch(text)
    return text if match and match["suffix"] not in MONTH_NAMES else None


def _read_con_id(text: str) -> int | None:
    return int(text) if _CON_ID.fullmatch(text) and int(text) <= _LARGEST_CON_ID else None


def _read_contracts(text: str) -> Iterator[ContractSpelling]:
    by_name = _BY_NAME.fullmatch(text)
    stands_alone = by_name is not None and by_name["gap"]  # JAN27 after a blank is not JA N27
    if not stands_alone and (match := _BY_CODE.fullmatch(text)):
        yield _month_spelling(match, MONTH_CODES.index(match["code"]) + 1)
    for match in (by_name, _BY_NAME_AT_NSE.fullmatch(text)):
        if match:
            yield _month_spelling(match, MONTH_NAMES.index(match["name"]) + 1)
    if match := _BY_NUMBER.fullmatch(text):
        yield _month_spelling(match, int(match["month"]))
    if (match := _BY_DAY.fullmatch(text)) and (day := _read_day(match)):
        series = _SERIES_LETTERS.get(match["series"])
        yield DaySpelling(root=match["root"], day=day, series=series)


def _month_spelling(match: re.Match[str], month: int) -> MonthSpelling:
    digits = match["year"]
    return MonthSpelling(root=match["root"], month=month, year=int(digits), year_digits=len(digits))


def _read_day(match: re.Match[str]) -> date | None:
    try:
        return date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return None
