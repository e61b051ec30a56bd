"""Products as flat rows for CSV and TSV: the schema of `product_document`, one row per contract.

Values are raw: exact, untruncated, an unknown one is an empty cell. Lists stand in their cell
as JSON. Columns of the product that a contract has as well begin with `product_`; symbol,
exchange and currency are the same for both. A product without contracts is one row with an
empty `con_id`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ibkr_sync.domain.entities.delivery import DELIVERY_FACTS
from ibkr_sync.domain.entities.fields import INTEGERS, LISTS, Kind, fields_of
from ibkr_sync.domain.entities.futures import CONTRACT_FIELDS, PRODUCT_FIELDS, Future, Underlying
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.untrusted_text import quote_untrusted
from ibkr_sync.interchange.document_fields import DocumentFields, InvalidDocumentError
from ibkr_sync.interchange.product_document import (
    ADDED_KEYS,
    CONTRACT_KEYS,
    DERIVED_CONTRACT_KEYS,
    MARKET_RULES,
    PRODUCT_KEYS,
    REQUIRED_CONTRACT_KEYS,
    REQUIRED_PRODUCT_KEYS,
    SCHEMA,
    DocumentScope,
    product_to_document,
    product_with_contracts,
    read_product,
    refuse_narrowed_document,
    refuse_other_document,
)

_SHARED = ("symbol", "exchange", "currency")
_FIELDS = (*PRODUCT_FIELDS, *CONTRACT_FIELDS)
_KIND = {other.name: other.kind for field in _FIELDS for other in (field, *field.parts)}
_UNDERLYING = tuple(field.name for field in fields_of(Underlying))
_NESTED = {
    field.name: tuple(part.name for part in field.parts) for field in CONTRACT_FIELDS if field.parts
}
_NESTED_COLUMNS = tuple(column for columns in _NESTED.values() for column in columns)
_INTEGER = re.compile(r"-?[0-9]{1,10}", re.ASCII)

_PLAIN_CONTRACT_KEYS = tuple(key for key in CONTRACT_KEYS if key not in _NESTED)
_CONFIDENCES = {name: f"{name}_confidence" for name in DELIVERY_FACTS}
_DELIVERY_COLUMNS = tuple(column for names in _CONFIDENCES.items() for column in names)
_PLAIN_PRODUCT_KEYS = tuple(key for key in PRODUCT_KEYS if key != "underlying")


def _product_column(key: str) -> str:
    return f"product_{key}" if key in CONTRACT_KEYS and key not in _SHARED else key


_PRODUCT_COLUMNS = {key: _product_column(key) for key in _PLAIN_PRODUCT_KEYS}
_UNDERLYING_COLUMNS = {key: f"product_underlying_{key}" for key in _UNDERLYING}
_COLUMNS_OF_PRODUCT = (*_PRODUCT_COLUMNS.values(), *_UNDERLYING_COLUMNS.values())
_COLUMNS_OF_CONTRACT = (*_PLAIN_CONTRACT_KEYS, *_NESTED_COLUMNS)

CONTRACT_COLUMNS = (
    *_PLAIN_CONTRACT_KEYS[:10],  # identity, dates and numbers stand first
    *DERIVED_CONTRACT_KEYS,
    *_DELIVERY_COLUMNS,
    *_PLAIN_CONTRACT_KEYS[10:],
    *_NESTED_COLUMNS,
    MARKET_RULES,
    *(column for column in _COLUMNS_OF_PRODUCT if column not in _SHARED),
    "scope",
    "schema",
)
"""The columns of a row, in their order."""

USUAL_CONTRACT_COLUMNS = (
    *("local_symbol", "contract_month", "last_trade_date", "con_id"),
    *("symbol", "exchange", "trading_class", "last_trade_at", "first_notice_date", "long_cutoff"),
    *("multiplier", "quoted_tick", "tick_value", "currency", "series", "state", "origin"),
)
"""Those that most readers want; no list is among them."""

_NOT_REQUIRED = {
    "scope",
    *DERIVED_CONTRACT_KEYS,
    *_DELIVERY_COLUMNS,
    MARKET_RULES,
    *ADDED_KEYS,
    *(_product_column(key) for key in PRODUCT_KEYS if key in ADDED_KEYS),
}
_REQUIRED_COLUMNS = tuple(column for column in CONTRACT_COLUMNS if column not in _NOT_REQUIRED)


def product_to_rows(
    future: Future,
    now: datetime,
    scope: DocumentScope = DocumentScope.CHAIN,
    ladders: Mapping[int, MarketRule] | None = None,
) -> list[dict[str, str]]:
    """Write a product as rows of `CONTRACT_COLUMNS` (see `product_to_document`)."""
    document: Any = product_to_document(future, now, scope, ladders)
    product = _product_cells(document)
    if not document["contracts"]:
        return [dict.fromkeys(CONTRACT_COLUMNS, "") | product]
    rows = [_contract_cells(contract) | product for contract in document["contracts"]]
    return [{column: row[column] for column in CONTRACT_COLUMNS} for row in rows]


def products_from_rows(rows: Iterable[Mapping[str, str]]) -> tuple[Future, ...]:
    """Read products as `product_to_rows` wrote them, in order of first appearance.

    Raises InvalidDocumentError as `product_from_document` does, with the row in the path; the
    first row after the header is row 2, as a spreadsheet counts.
    """
    chains: dict[tuple[str, ...], list[tuple[str, Mapping[str, str]]]] = {}
    for path, row in _checked(rows):
        key = (row["symbol"], row["exchange"], row["product_trading_class"])
        chain = chains.setdefault(key, [])
        if chain:
            _refuse_other_product_data(path, row, *chain[0])
        chain.append((path, row))
    return tuple(_read_chain(chain) for chain in chains.values())


def _read_chain(chain: list[tuple[str, Mapping[str, str]]]) -> Future:
    path, first = chain[0]
    return product_with_contracts(
        read_product(DocumentFields(_product_object(first), path, keys=REQUIRED_PRODUCT_KEYS)),
        (
            DocumentFields(_contract_object(row), path, keys=REQUIRED_CONTRACT_KEYS)
            for path, row in chain
            if not _has_no_contract(row)
        ),
    )


def _checked(rows: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, Mapping[str, str]]]:
    for number, row in enumerate(rows, start=2):
        for column in _REQUIRED_COLUMNS:
            if column not in row:
                no_chain = (
                    "" if "schema" in row else "; a table without schema is no chain of `show`"
                )
                raise InvalidDocumentError("", f"column {column!r} is missing{no_chain}")
        path = f"row {number}"
        refuse_other_document(row["schema"], path)
        refuse_narrowed_document(row.get("scope") or None, path)
        yield path, row


def _refuse_other_product_data(
    path: str, row: Mapping[str, str], first_path: str, first: Mapping[str, str]
) -> None:
    for column in _COLUMNS_OF_PRODUCT:
        value, first_value = row.get(column, ""), first.get(column, "")
        if value != first_value:
            raise InvalidDocumentError(
                f"{path}.{column}",
                f"{quote_untrusted(value)} differs from {quote_untrusted(first_value)} in "
                f"{first_path}, a row of the same product",
            )


def _has_no_contract(row: Mapping[str, str]) -> bool:
    return not any(row.get(column) for column in _COLUMNS_OF_CONTRACT if column not in _SHARED)


def _product_cells(document: dict[str, Any]) -> dict[str, str]:
    underlying = document["underlying"] or {}
    return {
        **{column: _cell(document[key]) for key, column in _PRODUCT_COLUMNS.items()},
        **{column: _cell(underlying.get(key)) for key, column in _UNDERLYING_COLUMNS.items()},
        "scope": document["scope"],
        "schema": SCHEMA,
    }


def _contract_cells(contract: dict[str, Any]) -> dict[str, str]:
    flat = {key: value for key, value in contract.items() if key not in (*_NESTED, "delivery")}
    delivery = contract["delivery"]
    for name, column in _CONFIDENCES.items():
        flat[name] = delivery[name]
        flat[column] = delivery["sources"].get(name, {}).get("confidence")
    cells = {key: _cell(value) for key, value in flat.items()}
    for key, columns in _NESTED.items():
        nested = contract[key] or {}
        cells |= {column: _cell(nested.get(column)) for column in columns}
    return cells


def _cell(value: object) -> str:
    if value is None or value == []:
        return ""
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)


def _product_object(row: Mapping[str, str]) -> dict[str, object]:
    underlying = {key: _value(key, row[column]) for key, column in _UNDERLYING_COLUMNS.items()}
    return {
        **{key: _value(key, row.get(column, "")) for key, column in _PRODUCT_COLUMNS.items()},
        "underlying": underlying if any(underlying.values()) else None,
    }


def _contract_object(row: Mapping[str, str]) -> dict[str, object]:
    nested = {
        key: {column: _value(column, row.get(column, "")) for column in columns}
        for key, columns in _NESTED.items()
    }
    return {
        "state": row.get("state") or None,
        **{key: _value(key, row.get(key, "")) for key in _PLAIN_CONTRACT_KEYS},
        **{key: values if any(values.values()) else None for key, values in nested.items()},
    }


def _value(key: str, cell: str) -> object:
    """A cell as JSON would hold it; what can't be read so stays text, to be refused by name."""
    kind = _KIND[key]
    if kind in LISTS:
        return list_in_cell(cell)
    if not cell:
        return cell if kind is Kind.POSSIBLY_EMPTY_TEXT else None
    if kind is Kind.SESSIONS:
        return list_in_cell(cell)
    return int(cell) if kind in INTEGERS and _INTEGER.fullmatch(cell) else cell


def list_in_cell(cell: str) -> object:
    """A list that stands in a cell as JSON; what is none stays text, to be refused by name."""
    try:
        return json.loads(cell) if cell else []
    except (ValueError, RecursionError):
        return cell
