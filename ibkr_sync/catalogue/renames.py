"""Which of IBKR's codes were replaced: `exchange_renames.csv` and `symbol_renames.csv`."""

from __future__ import annotations

from functools import cache

from ibkr_sync.catalogue.csv_tables import read_table
from ibkr_sync.domain.naming.known_products import RenamedSymbol


@cache
def renamed_exchanges() -> dict[str, str]:
    """Give today's code for each exchange code that was replaced."""
    return {row["old"]: row["new"] for row in read_table("exchange_renames")}


@cache
def renamed_symbols() -> dict[str, RenamedSymbol]:
    """Give what became of each symbol that once stood for another product."""
    return {
        row["old"]: RenamedSymbol(
            old=row["old"],
            now=row["now"],
            exchange=row["exchange"],
            is_reused=row["reused"] == "true",
            note=row["note"],
        )
        for row in read_table("symbol_renames")
    }
