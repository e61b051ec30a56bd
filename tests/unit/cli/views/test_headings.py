"""One thing has one name over all tables."""

from __future__ import annotations

import ast
from pathlib import Path

import ibkr_sync_cli.views

OTHER_NAMES = {
    "Cur": {"Currency", "Ccy"},
    "Class": {"Trading class"},
    "Conf": {"Confidence"},
    "Failed": {"Fail"},
    "Hold until": {"Long until", "Hold to"},
    "Magnifier": {"Magn"},
    "Missing": {"Miss"},
    "New": {"Added to", "Created"},
    "Outcome": {"Result", "Status"},
    "Product": {"means", "Means"},
    "Synced": {"Age", "Fresh"},
}
"""What stands over a column, and what else it might be called."""


def test_no_column_has_another_name_for_what_has_one() -> None:
    folder = Path(ibkr_sync_cli.views.__path__[0])
    headings = {
        node.args[0].value
        for file in folder.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", None) == "TableColumn"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }

    assert headings >= {
        "Cur",
        "Failed",
        "Hold until",
        "Outcome",
        "Synced",
    }  # or this would look at nothing
    assert not headings & set().union(*OTHER_NAMES.values())
