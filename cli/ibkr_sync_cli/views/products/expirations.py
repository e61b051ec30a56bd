"""The calendar of what ends and what gives notice, in every format."""

from __future__ import annotations

from collections.abc import Sequence

from ibkr_sync.domain.delivery.days_before import DaysBefore
from ibkr_sync.domain.delivery.expirations import Expiration, ExpirationKind
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.interchange.expiration_document import EXPIRATION_KEYS, expiration_record
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.field_phrases import rule_in_words
from ibkr_sync_cli.units.quantities import quantity_of
from ibkr_sync_cli.views.records import records_view
from ibkr_sync_cli.views.tables import ItemsTable, TableColumn, items_table


def expirations_view(expirations: Sequence[Expiration], within: DaysBefore) -> Result:
    """What happens in so many days."""
    return records_view(
        expirations,
        expiration_record,
        EXPIRATION_KEYS,
        lambda: _table(expirations, within),
        schema="ibkr-sync/expirations/1",
        name="expirations",
    )


EXPIRATION_WORDS = {
    ExpirationKind.LONG_CUTOFF: "long cut-off",
    ExpirationKind.NOTICE: "first notice",
    ExpirationKind.SHORT_CUTOFF: "short cut-off",
    ExpirationKind.LAST_TRADE: "last trade",
}


def expiration_source(expiration: Expiration) -> str:
    """Who says the date; of a rule what it is, without the products that it is of."""
    return rule_in_words(expiration.source).partition(" (")[0].removeprefix("rule: ")


def _table(expirations: Sequence[Expiration], within: DaysBefore) -> ItemsTable[Expiration]:
    columns: list[TableColumn[Expiration] | None] = [
        TableColumn("Date", lambda item: f"{item.day:%a %d %b %Y}"),
        TableColumn("Days", lambda item: item.days_left, right=True),
        TableColumn("Bus.", lambda item: item.business_days_left, right=True, gives_way=1),
        TableColumn("Contract", lambda item: item.delivering.contract.local_symbol),
        TableColumn("What", lambda item: EXPIRATION_WORDS[item.kind]),
        TableColumn("Conf", lambda item: item.confidence),
        TableColumn("Source", expiration_source, fit="wrap", least=22),
    ]
    is_sample = any(
        expiration.delivering.product.origin is Origin.SAMPLE for expiration in expirations
    )
    summary = f"{quantity_of(len(expirations), 'date')} within {within}"
    return items_table(expirations, columns, footer=[summary], is_sample=is_sample)
