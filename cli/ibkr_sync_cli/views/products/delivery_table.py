"""What is known of a contract's delivery, and who says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from rich.console import Group, RenderableType

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.delivery import DELIVERY_FACTS, DeliverySource, Settlement
from ibkr_sync_cli.units.field_phrases import field_phrase, rule_in_words
from ibkr_sync_cli.views.tables import TableColumn, items_table


def delivery_facts(contract: FuturesContract) -> Iterator[tuple[str, str, DeliverySource]]:
    """Each fact by its name, with who says it; one that is known not to be is `none`."""
    known = contract.delivery
    for name in DELIVERY_FACTS if known else ():
        source = known.sources.get(name) if known else None
        if source is not None:
            value: date | Settlement | None = getattr(known, name)
            yield field_phrase(name).capitalize(), "none" if value is None else str(value), source


def delivery_table(contract: FuturesContract) -> RenderableType:
    """A line for each fact that is known, below an empty one."""
    columns: list[TableColumn[tuple[str, str, DeliverySource]] | None] = [
        TableColumn(contract.local_symbol, lambda item: item[0]),
        TableColumn("Date", lambda item: item[1]),
        TableColumn("Conf", lambda item: item[2].confidence),
        TableColumn("Learnt", lambda item: item[2].learnt_on, gives_way=1),
        TableColumn("Source", lambda item: rule_in_words(item[2].source), fit="wrap", least=40),
    ]
    return Group("", items_table(list(delivery_facts(contract)), columns))
