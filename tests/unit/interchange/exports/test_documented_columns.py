"""The page of exports says of every column where it is from."""

from __future__ import annotations

import re
from pathlib import Path

from ibkr_sync.interchange.exports.formats import FORMATS
from ibkr_sync.interchange.exports.lean_symbols import COLUMNS as LEAN_COLUMNS
from ibkr_sync.interchange.exports.pysystemtrade.config_table import COLUMNS as CONFIG_COLUMNS
from ibkr_sync.interchange.product_rows import CONTRACT_COLUMNS

PAGE = (Path(__file__).parents[4] / "docs" / "exports.md").read_text("utf-8")


def test_every_column_and_format_is_in_a_table() -> None:
    cells = " ".join(line for line in PAGE.splitlines() if line.startswith("|"))
    named = set(re.findall(r"`(\w+)`", cells))
    columns = {*LEAN_COLUMNS, *CONFIG_COLUMNS, *CONTRACT_COLUMNS}
    assert {name for name in columns if not name.endswith("_confidence")} <= named
    assert {f"[`{name}`](#" in cells for name in FORMATS} == {True}
