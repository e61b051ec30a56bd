"""Reads the products of a file in our own export format, and believes nothing in it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import NamedTuple, NoReturn

from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.errors import SourceFileError
from ibkr_sync.infrastructure.repositories.file_repo.ladders_in_file import (
    read_ladders,
    undisputed_ladders,
)
from ibkr_sync.interchange.document_fields import DocumentFields, InvalidDocumentError
from ibkr_sync.interchange.files.text_file import read_text_file
from ibkr_sync.interchange.formula_safety import restore_formula
from ibkr_sync.interchange.product_document import MARKET_RULES, product_from_document
from ibkr_sync.interchange.product_rows import list_in_cell, products_from_rows

MAX_BYTES = 256 * 1024 * 1024
"""Largest file that is read; every futures product IBKR lists takes about a quarter of it."""

_JSON_SUFFIXES = frozenset({".json", ".jsonl", ".ndjson"})
_DELIMITER_OF_SUFFIX = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
_BLANKS = " \t\r\n"


class ExportedFile(NamedTuple):
    """What a file holds: its products, and the tick ladders of their contracts by id."""

    products: tuple[Future, ...]
    ladders: Mapping[int, MarketRule]


def read_export_file(path: Path) -> ExportedFile:
    """Read every product of a JSON, JSON lines, CSV or TSV file, by its suffix, else its content.

    The whole file must be valid: one bad row refuses all of it, since a file that is wrong in
    one place can't be trusted to be whole in the others. A product that stands twice with
    equal contents is one. Raises SourceFileError with the place of the first problem.
    """
    text = read_text_file(path, SourceFileError, max_bytes=MAX_BYTES)
    rules: set[MarketRule] = set()
    try:
        products = _merge(_parse(text, path.suffix.lower(), rules))
    except InvalidDocumentError as error:
        raise SourceFileError(str(path), error.path or None, error.detail) from error
    if not products:
        raise SourceFileError(str(path), None, "holds no product")
    return ExportedFile(products, undisputed_ladders(rules))


def _parse(text: str, suffix: str, rules: set[MarketRule]) -> Iterator[tuple[str, Future]]:
    """The products with the place each was read from, empty where there is but one place.

    The ladders of their contracts are added to `rules`.
    """
    delimiter = _DELIMITER_OF_SUFFIX.get(suffix)
    if delimiter is None and (suffix in _JSON_SUFFIXES or text.lstrip(_BLANKS)[:1] in {"{", "["}):
        return _parse_json(text, rules)
    if delimiter is None:
        delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    rows = _noting_ladders(_rows(text, delimiter), rules)
    return (("", product) for product in products_from_rows(rows))


def _noting_ladders(
    rows: Iterable[dict[str, str]], rules: set[MarketRule]
) -> Iterator[dict[str, str]]:
    """The rows, whose ladders are added to `rules`; most cells are the same."""
    seen = {""}
    for number, row in enumerate(rows, start=2):
        cell = row.get(MARKET_RULES, "")
        if cell not in seen:
            seen.add(cell)
            value = {MARKET_RULES: list_in_cell(cell)}
            rules.update(read_ladders(DocumentFields(value, f"row {number}", keys=())))
        yield row


def _parse_json(text: str, rules: set[MarketRule]) -> Iterator[tuple[str, Future]]:
    for line, value in _json_values(text):
        documents = value if isinstance(value, list) else [value]
        for position, document in enumerate(documents):
            place = f"line {line}" + (f"[{position}]" if isinstance(value, list) else "")
            try:
                product = product_from_document(document)
                contracts = DocumentFields(document, "", keys=()).children("contracts", keys=())
                rules.update(chain.from_iterable(map(read_ladders, contracts)))
            except InvalidDocumentError as error:
                where = f"{place}, {error.path}" if error.path else place
                raise InvalidDocumentError(where, error.detail) from error
            yield place, product


def _json_values(text: str) -> Iterator[tuple[int, object]]:
    """The values that follow one another, be it one or one a line, with the line they start on."""
    decoder = json.JSONDecoder(object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    position, line = _skip_blanks(text, 0), 1
    counted = 0
    while position < len(text):
        line += text.count("\n", counted, position)
        counted = position
        try:
            value, end = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno}"
            raise InvalidDocumentError(place, f"is not JSON: {error.msg}") from error
        except (ValueError, RecursionError) as error:
            detail = "is nested too deeply" if isinstance(error, RecursionError) else str(error)
            raise InvalidDocumentError(f"line {line}", detail) from error
        yield line, value
        position = _skip_blanks(text, end)


def _skip_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position] in _BLANKS:
        position += 1
    return position


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice[:80]!r} stands twice in one object")
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no value of JSON")


def _rows(text: str, delimiter: str) -> Iterator[dict[str, str]]:
    """The rows by column; cells of CSV are neutralised for spreadsheets, those of TSV raw."""
    restore = restore_formula if delimiter == "," else str
    lines = io.StringIO(text.rstrip("\r\n"), newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = next(reader, [])
        if len(set(header)) != len(header):
            raise InvalidDocumentError("row 1", "a column stands twice")
        for number, cells in enumerate(reader, start=2):
            if len(cells) != len(header):
                raise InvalidDocumentError(
                    f"row {number}", f"has {len(cells)} cells where the header has {len(header)}"
                )
            yield dict(zip(header, map(restore, cells), strict=True))
    except csv.Error as error:
        raise InvalidDocumentError(f"line {reader.line_num}", str(error)) from error


def _merge(products: Iterable[tuple[str, Future]]) -> tuple[Future, ...]:
    """One product per key, no conId in two of them; else InvalidDocumentError."""
    merged: dict[ProductKey, Future] = {}
    owners: dict[int, ProductKey] = {}
    for place, product in products:
        if merged.setdefault(product.key, product) != product:
            raise InvalidDocumentError(
                place, f"{product.key} stands twice in the file with different contents"
            )
        for contract in product.contracts:
            owner = owners.setdefault(contract.con_id, product.key)
            if owner != product.key:
                raise InvalidDocumentError(
                    place, f"conId {contract.con_id} stands in {owner} and in {product.key}"
                )
    return tuple(merged.values())
