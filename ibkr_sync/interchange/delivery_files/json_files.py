"""JSON of IBKR's Web API (`/trsrv/futures`) and of Eurex's reference data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from ibkr_sync.domain.entities.import_origin import ImportOrigin
from ibkr_sync.domain.entities.imported_delivery import ImportedRow
from ibkr_sync.domain.untrusted_text import quote_untrusted
from ibkr_sync.interchange import field_values as parse
from ibkr_sync.interchange.delivery_files.day_texts import read_day, read_month
from ibkr_sync.interchange.document_fields import DocumentFields, InvalidDocumentError

CLIENT_PORTAL: Final = "import: IBKR's Web API"
EUREX: Final = "import: Eurex reference data"

_CLIENT_PORTAL_KEYS: Final = ("conid", "expirationDate", "longFuturesCutOff", "shortFuturesCutOff")
_LONGEST_NUMBER: Final = 20
_EUREX_KEYS: Final = ("Product", "LastTradingDate")


def read_json_rows(document: object) -> list[ImportedRow]:
    """Read a document of either kind; raises InvalidDocumentError for any other."""
    if isinstance(document, dict) and "data" in document:
        return list(_eurex_rows(document["data"]))
    if isinstance(document, dict) and document:
        lists = document.values()
        if all(isinstance(one_list, list) for one_list in lists):
            return [
                _client_portal_row(row, f"{symbol}[{number}]")
                for symbol, rows in document.items()
                for number, row in enumerate(rows)
            ]
    raise InvalidDocumentError(
        "", "is neither IBKR's /trsrv/futures nor Eurex's reference data on contracts"
    )


def _client_portal_row(row: object, path: str) -> ImportedRow:
    fields = DocumentFields(row, path, keys=_CLIENT_PORTAL_KEYS)

    def day(key: str) -> date | None:
        number = fields.optional(key, lambda value: parse.integer_value(_number(value)))
        if number is None:
            return None
        return read_day(str(number), fields.path_of(key))

    return ImportedRow(
        origin=ImportOrigin.IBKR_CONTRACT,
        source=CLIENT_PORTAL,
        con_id=fields.required("conid", lambda value: parse.positive_integer_value(_number(value))),
        # The two were the same or a day apart; a contract's last trade date is its expiration.
        last_trade_date=day("expirationDate") or day("ltd"),
        dates={
            name: found
            for name, key in (
                ("long_cutoff", "longFuturesCutOff"),
                ("short_cutoff", "shortFuturesCutOff"),
            )
            if (found := day(key)) is not None
        },
        place=path,
    )


def _number(value: object) -> object:
    """The number that digits as text are, as some clients write them; anything else as it is."""
    is_digits = isinstance(value, str) and value.isascii() and value.isdigit()
    return int(str(value)[:_LONGEST_NUMBER]) if is_digits else value


def _eurex_rows(data: object) -> Iterator[ImportedRow]:
    rows: Any = data
    path = "data"
    for key in ("Contracts", "data"):
        if not isinstance(rows, dict) or key not in rows:
            raise InvalidDocumentError(path, f"has no {key}: {quote_untrusted(rows)}")
        rows, path = rows[key], f"{path}.{key}"
    if not isinstance(rows, list):
        raise InvalidDocumentError(path, f"must be a list, not {quote_untrusted(rows)}")
    for number, row in enumerate(rows):
        yield _eurex_row(row, f"{path}[{number}]")


def _eurex_row(row: object, path: str) -> ImportedRow:
    fields = DocumentFields(row, path, keys=_EUREX_KEYS)

    def text(key: str) -> str | None:
        return fields.optional(key, lambda value: parse.text_value(str(value)))

    month = text("ContractDate") or text("ContractMonth") or text("LastTradingDate") or ""
    delivery = text("DeliveryDate")
    end = text("LastTradingDate")
    if end is None:
        raise InvalidDocumentError(fields.path_of("LastTradingDate"), "must have a value")
    dates: dict[str, date] = {}
    if delivery is not None:
        day = read_day(delivery, fields.path_of("DeliveryDate"))
        dates = {"first_delivery_date": day, "last_delivery_date": day}
    digits = month.replace("-", "")[:6]
    return ImportedRow(
        origin=ImportOrigin.EXCHANGE,
        source=EUREX,
        code=fields.required("Product", parse.text_value),
        exchange="EUREX",
        contract_month=read_month(digits, fields.path_of("ContractDate")),
        last_trade_date=read_day(end, fields.path_of("LastTradingDate")),
        dates=dates,
        place=path,
    )
