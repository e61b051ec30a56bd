"""Reads a file with dates of deliveries, whatever its format, and believes nothing in it."""

from __future__ import annotations

import json
from collections import Counter
from typing import Final

from ibkr_sync.domain.entities.imported_delivery import ImportedRow
from ibkr_sync.interchange.delivery_files.csv_files import read_csv_rows
from ibkr_sync.interchange.delivery_files.json_files import read_json_rows
from ibkr_sync.interchange.document_fields import InvalidDocumentError

MAX_ROWS: Final = 100_000


def read_delivery_file(text: str) -> tuple[ImportedRow, ...]:
    """Give the rows of IBKR's, CME's, ICE's or Eurex's file; the format is told by its content.

    One bad row refuses all of it: a file that is wrong in one place can't be trusted in others.
    Raises InvalidDocumentError with the place of the first problem.
    """
    if text.lstrip()[:1] in ("{", "["):
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InvalidDocumentError("", f"is no JSON: {error}") from error
        rows = read_json_rows(document)
    else:
        rows = read_csv_rows(text)
    if not rows:
        raise InvalidDocumentError("", "holds no contract")
    if len(rows) > MAX_ROWS:
        raise InvalidDocumentError("", f"holds more than {MAX_ROWS} contracts")
    names = Counter((row.con_id, row.exchange, row.code, row.contract_month) for row in rows)
    (name, count) = names.most_common(1)[0]
    if count > 1:
        shown = " ".join(str(each) for each in name if each is not None)
        raise InvalidDocumentError("", f"has {shown} {count} times")
    return tuple(rows)
