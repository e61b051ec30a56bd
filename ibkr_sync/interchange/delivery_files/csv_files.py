"""CSV of IBKR's close-out table, of CME's product calendars and of ICE's expiry dates."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from ibkr_sync.domain.entities.contracts import ContractMonth
from ibkr_sync.domain.entities.import_origin import ImportOrigin
from ibkr_sync.domain.entities.imported_delivery import ImportedRow
from ibkr_sync.domain.naming.spellings import MONTH_CODES
from ibkr_sync.domain.untrusted_text import quote_untrusted
from ibkr_sync.interchange.delivery_files.contradictions import ContradictoryRow
from ibkr_sync.interchange.delivery_files.day_texts import read_day, read_month
from ibkr_sync.interchange.document_fields import InvalidDocumentError

_CODE_WITH_MONTH: Final = re.compile(
    rf"(?P<code>[A-Z0-9]{{1,4}}?)(?P<letter>[{MONTH_CODES}])(?P<year>[0-9]{{1,2}})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFormat:
    """A kind of table: what its columns are called, in lower case, letters and digits alone.

    Attributes:
        required: fields without which a table is not of this kind.
        has_slashes: whether its days may be written 12/31/2026.
    """

    source: str
    origin: ImportOrigin
    columns: Mapping[str, Sequence[str]]
    required: Sequence[str]
    has_slashes: bool = False


_CLOSE_OUT: Final = CsvFormat(
    source="import: IBKR's close-out table",
    origin=ImportOrigin.IBKR_CLOSE_OUT,
    columns={
        "exchange": ("exchange",),
        "code": ("trading class", "class"),
        "month": ("contract month", "month"),
        "close_out": ("start of close out period",),
        "long_cutoff": ("long cutoff", "long cut off", "long cutoff time"),
        "short_cutoff": ("short cutoff", "short cut off", "short cutoff time"),
    },
    required=("exchange", "code", "month", "long_cutoff", "short_cutoff"),
    has_slashes=True,
)
_CME: Final = CsvFormat(
    source="import: CME product calendar",
    origin=ImportOrigin.EXCHANGE,
    columns={
        "code": ("product code", "clearing code", "exchange code", "product"),
        "exchange": ("exchange",),
        "month": ("contract month", "contract"),
        "last_trade": ("last trade", "last trade date"),
        "first_position_date": ("first position", "first position date"),
        "first_notice_date": ("first notice", "first notice date"),
        "first_delivery_date": ("first delivery", "first delivery date"),
        "last_delivery_date": ("last delivery", "last delivery date"),
    },
    required=("code", "month", "last_trade", "first_notice_date"),
    has_slashes=True,
)
_ICE: Final = CsvFormat(
    source="import: ICE expiry calendar",
    origin=ImportOrigin.EXCHANGE,
    columns={
        "code": ("product code", "contract code"),
        "month": ("contract symbol", "contract", "contract month"),
        "last_trade": ("ltd", "last trading day"),
        "first_notice_date": ("fnd", "first notice day"),
        "first_delivery_date": ("fdd", "first delivery day"),
        "last_delivery_date": ("ldd", "last delivery day"),
    },
    required=("month", "last_trade", "first_notice_date"),
)
_FORMATS: Final = (_CLOSE_OUT, _CME, _ICE)
_NOT_DATES: Final = frozenset(("code", "exchange", "month", "last_trade", "close_out"))
_CLOSE_OUT_HEADER: Final = re.compile(r"start of close ?out period\b(?P<rest>.*)")
_COUNT_OF_DAYS: Final = re.compile(
    r"([0-9]{1,2})(?: business days?\b.*)?", re.ASCII | re.IGNORECASE
)
_STANDARD_CLOSE_OUT: Final = 2
"""Business days before a cut-off by IBKR's standard policy, for a table without that column."""
_NONE: Final = frozenset(("", "-", "--", "n/a", "na", "none"))


def read_csv_rows(text: str) -> list[ImportedRow | ContradictoryRow]:
    """Read a table of one of the kinds; raises InvalidDocumentError for any other."""
    try:
        header, *lines = csv.reader(text.splitlines(), _dialect(text), strict=True)
    except (csv.Error, ValueError) as error:
        raise InvalidDocumentError("", f"is no table: {error}") from error
    words = [" ".join(re.findall(r"[a-z0-9]+", other.lower())) for other in header]
    names = [_CLOSE_OUT_HEADER.sub("start of close out period", word) for word in words]
    headers = (_CLOSE_OUT_HEADER.match(word) for word in words)
    close_out = next((other["rest"].strip() for other in headers if other), "")
    for kind in _FORMATS:
        places = dict(_places(kind, names))
        if all(other in places for other in kind.required):
            return list(_rows(kind, places, lines, close_out))
    kinds = ", ".join(one_format.source.removeprefix("import: ") for one_format in _FORMATS)
    raise InvalidDocumentError("", f"has the columns of none of these: {kinds}")


def _dialect(text: str) -> type[csv.excel]:
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    return type("Found", (csv.excel,), {"delimiter": delimiter})


def _places(kind: CsvFormat, names: Sequence[str]) -> Iterator[tuple[str, int]]:
    for field, called in kind.columns.items():
        found = [names.index(text) for text in called if text in names]
        if found:
            yield field, found[0]


def _rows(
    kind: CsvFormat, places: Mapping[str, int], lines: Sequence[Sequence[str]], close_out: str
) -> Iterator[ImportedRow | ContradictoryRow]:
    for number, line in enumerate(lines, start=2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) <= max(places.values()):
            raise InvalidDocumentError(f"row {number}", "has fewer cells than the header")
        cells = {field: line[place].strip() for field, place in places.items()}
        yield _row(kind, cells, f"row {number}", close_out)


def _close_out_days(cells: Mapping[str, str], path: str, header: str) -> int:
    """How many business days before its cut-offs IBKR begins to close out, by cell or header."""
    cell = cells.get("close_out", "")
    in_cell, in_header = _COUNT_OF_DAYS.fullmatch(cell), _COUNT_OF_DAYS.fullmatch(header)
    if in_cell is not None:
        return int(in_cell[1])
    if cell.lower() not in _NONE:
        read_day(cell, f"{path}.close_out", has_slashes=True)
    if in_header is not None:
        return int(in_header[1])
    if cell.lower() not in _NONE:
        raise InvalidDocumentError(
            f"{path}.close_out", f"has no number of business days: {quote_untrusted(cell)}"
        )
    return _STANDARD_CLOSE_OUT


def _row(
    kind: CsvFormat, cells: Mapping[str, str], path: str, close_out: str
) -> ImportedRow | ContradictoryRow:
    def day(field: str) -> date | None:
        text = cells.get(field, "")
        if text.lower() in _NONE:
            return None
        return read_day(text, f"{path}.{field}", has_slashes=kind.has_slashes)

    code = cells.get("code") or None
    if code is None and "code" in kind.required:
        raise InvalidDocumentError(f"{path}.code", "must have a value")
    month = read_month(cells["month"], f"{path}.month")
    with_month = _CODE_WITH_MONTH.fullmatch(code or "") if kind is _CME else None
    if with_month and not _is_month_of(month, with_month["letter"], with_month["year"]):
        reason = f"has the code {quote_untrusted(code)} for another month, {month}"
        return ContradictoryRow(place=path, reason=reason)
    return ImportedRow(
        origin=kind.origin,
        source=kind.source,
        code=with_month["code"] if with_month else code,
        exchange=cells.get("exchange") or None,
        contract_month=month,
        last_trade_date=day("last_trade"),
        close_out_days=_close_out_days(cells, path, close_out) if kind is _CLOSE_OUT else 0,
        dates={
            field: found
            for field in cells
            if field not in _NOT_DATES and (found := day(field)) is not None
        },
        place=path,
    )


def _is_month_of(month: ContractMonth, letter: str, year: str) -> bool:
    """Whether a letter and the last digits of a year are those of a month."""
    is_year = str(month.year).endswith(year)
    return is_year and MONTH_CODES.index(letter) + 1 == month.month
