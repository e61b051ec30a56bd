"""What was imported of deliveries, in every format."""

from __future__ import annotations

from collections.abc import Sequence

from ibkr_sync.application.services.deliveries.delivery_import import DeliveryImport
from ibkr_sync.domain.entities.delivery import DELIVERY_DATES
from ibkr_sync.domain.entities.imported_delivery import ImportedDelivery, KeptImports
from ibkr_sync.interchange.delivery_files.contradictions import ContradictoryRow
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.quantities import quantity_of
from ibkr_sync_cli.views.records import records_view
from ibkr_sync_cli.views.tables import ItemsTable, TableColumn, items_table

COLUMNS = (
    *("con_id", "exchange", "trading_class", "contract_month", "last_trade_date"),
    *(*DELIVERY_DATES, "source", "learnt_on"),
)


def delivery_import_view(
    found: DeliveryImport, contradictory: Sequence[ContradictoryRow]
) -> Result:
    """A contract of the file a line."""
    return records_view(
        found.imports,
        _record,
        COLUMNS,
        lambda: _table(found),
        schema="ibkr-sync/import/1",
        name="contracts",
        tail={
            "contradictory": [{"place": row.place, "reason": row.reason} for row in contradictory],
            "unknown": list(found.unknown),
            "stored": found.kept.stored if found.kept else 0,
            "new": found.kept.new if found.kept else 0,
            "refuted": [other.contract.con_id for other in found.kept.refuted]
            if found.kept
            else [],
        },
    )


def delivery_import_sentence(found: DeliveryImport, *, dry_run: bool) -> str:
    """What became of the file."""
    count = quantity_of(len(found.imports), "contract")
    kept = found.kept
    if dry_run or kept is None:
        return f"{count} would be kept"
    old = len(found.imports) - kept.new
    return f"{count} kept: {kept.new} new, {old} unchanged; {kept.stored} of them are stored"


def refuted_imports_sentence(kept: KeptImports) -> str:
    """That IBKR's last trade dates refute imports, which of them first, and what follows."""
    first = kept.refuted[0]
    count = quantity_of(len(kept.refuted), "contract")
    return (
        f"the last trade date of {count} is not IBKR's; first {first.contract.local_symbol}:"
        f" {first.imported.last_trade_date}, IBKR says {first.contract.last_trade_date}."
        " Their dates are doubted: they count only where nothing else is known (confidence C)"
    )


def _record(each: ImportedDelivery) -> dict[str, object]:
    days = {name: getattr(each.delivery, name) for name in DELIVERY_DATES}
    return {
        "con_id": each.con_id,
        "exchange": each.exchange,
        "trading_class": each.trading_class,
        "contract_month": _text(each.contract_month),
        "last_trade_date": _text(each.last_trade_date),
        **{name: _text(day) for name, day in days.items()},
        "source": each.source,
        "learnt_on": each.learnt_on.isoformat(),
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _table(found: DeliveryImport) -> ItemsTable[ImportedDelivery]:
    def name(each: ImportedDelivery) -> str:
        return str(each.con_id or f"{each.trading_class}@{each.exchange} {each.contract_month}")

    columns: list[TableColumn[ImportedDelivery] | None] = [
        TableColumn("Contract", name),
        TableColumn("Last trade", lambda item: item.last_trade_date),
        TableColumn("First notice", lambda item: item.delivery.first_notice_date),
        TableColumn("Long cut-off", lambda item: item.delivery.long_cutoff),
        TableColumn("Short cut-off", lambda item: item.delivery.short_cutoff),
    ]
    return items_table(found.imports, columns)
