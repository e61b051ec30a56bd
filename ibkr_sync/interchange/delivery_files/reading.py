"""Reads a file with dates of deliveries, whatever its format, and believes nothing in it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ibkr_sync.domain.entities.imported_delivery import ImportedRow
from ibkr_sync.interchange.delivery_files.contradictions import ContradictoryRow, contradictions_of
from ibkr_sync.interchange.delivery_files.csv_files import read_csv_rows
from ibkr_sync.interchange.delivery_files.json_files import read_json_rows
from ibkr_sync.interchange.document_fields import InvalidDocumentError

MAX_ROWS: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFile:
    """A file as it was read.

    Attributes:
        contradictory: the rows that are left out, in their order.
    """

    rows: tuple[ImportedRow, ...]
    contradictory: tuple[ContradictoryRow, ...] = ()


def read_delivery_file(text: str) -> DeliveryFile:
    """Read IBKR's, CME's, ICE's or Eurex's file; the format is recognised by its content.

    A row that can't be read refuses all of it: then the format is another one. A row that only
    contradicts itself is left out; a file that has no other row is refused.
    Raises InvalidDocumentError with the place of the first problem.
    """
    if not text.strip():
        raise InvalidDocumentError("", "is empty")
    if text.lstrip()[:1] in ("{", "["):
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InvalidDocumentError("", f"is no JSON: {error}") from error
        read: Sequence[ImportedRow | ContradictoryRow] = read_json_rows(document)
    else:
        read = read_csv_rows(text)
    if len(read) > MAX_ROWS:
        raise InvalidDocumentError("", f"holds more than {MAX_ROWS} contracts")
    checked = [_checked(other) for other in read]
    contradictory = tuple(other for other in checked if isinstance(other, ContradictoryRow))
    rows = tuple(other for other in checked if isinstance(other, ImportedRow))
    if not rows:
        if contradictory:
            raise InvalidDocumentError(contradictory[0].place, contradictory[0].reason)
        raise InvalidDocumentError("", "holds no contract")
    names = Counter((row.con_id, row.exchange, row.code, row.contract_month) for row in rows)
    (name, count) = names.most_common(1)[0]
    if count > 1:
        shown = " ".join(str(number) for number in name if number is not None)
        raise InvalidDocumentError("", f"has {shown} {count} times")
    return DeliveryFile(rows=rows, contradictory=contradictory)


def _checked(row: ImportedRow | ContradictoryRow) -> ImportedRow | ContradictoryRow:
    if isinstance(row, ContradictoryRow):
        return row
    reason = next(contradictions_of(row), None)
    return row if reason is None else ContradictoryRow(place=row.place, reason=reason)
