"""Keeps spreadsheets from taking a text cell of a CSV file for a formula (CWE-1236)."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)

_RISKY = re.compile(r"'*[=+\-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20]")  # the last four are full width


def neutralise_formula(cell: str) -> str:
    """Give the cell with an apostrophe before it if a spreadsheet could compute it.

    Numbers, negative ones too, stay as they are. Text that already looks neutralised gets one
    more apostrophe, so that `restore_formula` gives back every text as it was.
    """
    return f"'{cell}" if _RISKY.match(cell) and not _NUMBER.fullmatch(cell) else cell


def restore_formula(cell: str) -> str:
    """Give the text that `neutralise_formula` made this cell from."""
    return cell[1:] if cell.startswith("'") and _RISKY.match(cell) else cell
