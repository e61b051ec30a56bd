"""Columns and fields are found by their names and by what stands over them in tables."""

from __future__ import annotations

import pytest
import typer

from ibkr_sync.domain.history.events import RECORDED_FIELDS
from ibkr_sync.domain.selection.chain_selection import SORT_FIELDS
from ibkr_sync.interchange.event_document import EVENT_KEYS
from ibkr_sync.interchange.expiration_document import EXPIRATION_KEYS
from ibkr_sync.interchange.product_rows import CONTRACT_COLUMNS
from ibkr_sync.interchange.roll_document import ROLL_KEYS
from ibkr_sync_cli.terminal.columns import chosen_columns, known_field, parse_columns
from ibkr_sync_cli.views.products import catalogue, product_list
from ibkr_sync_cli.views.products.nearest_contracts import NEAREST_COLUMNS
from one_case import one_case


@one_case(
    ("typed", "known", "fields"),
    [
        ("Contract,Month,Last trade,conId", CONTRACT_COLUMNS, "local_symbol contract_month "),
        ("Tick,first notice,STATE", CONTRACT_COLUMNS, "quoted_tick first_notice_date state"),
        ("Contract,Class,Hold until,Bus.", NEAREST_COLUMNS, "local_symbol trading_class "),
        ("Type,Cur,Listed,Synced", product_list.COLUMNS, "asset_class currency listed synced_at"),
        ("Type,What,Seen (UTC)", EVENT_KEYS, "type local_symbol at"),
        ("What,Days,Conf", EXPIRATION_KEYS, "what days_left confidence"),
        ("From,To", ROLL_KEYS, "from_local_symbol to_local_symbol"),
        ("Magnifier,Settles", catalogue.COLUMNS, "price_magnifier settlement"),
        ("Contract,local_symbol", CONTRACT_COLUMNS, "local_symbol"),
        ("Days", SORT_FIELDS, "last_trade_date"),
        ("tick", sorted(RECORDED_FIELDS), "min_tick"),
    ],
)
def test_a_heading_stands_for_its_field(typed: str, known: tuple[str, ...], fields: str) -> None:
    assert " ".join(chosen_columns(parse_columns(typed), known)).startswith(fields)


def test_another_word_is_refused_for_the_option_it_was_typed_for() -> None:
    with pytest.raises(typer.BadParameter, match="did you mean 'last_trade_date'") as refused:
        known_field("last_trade_dat", SORT_FIELDS, "'--sort'")
    assert refused.value.param_hint == "'--sort'"
    with pytest.raises(typer.BadParameter, match=f"and {len(CONTRACT_COLUMNS) - 20} more$"):
        chosen_columns(("xyzzy",), CONTRACT_COLUMNS)
