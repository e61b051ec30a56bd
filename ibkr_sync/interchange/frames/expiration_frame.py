"""The table of what ends and what gives notice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ibkr_sync.domain.delivery.expirations import Expiration
from ibkr_sync.interchange.frames.columns import MONTH_TEXT, Column, ColumnKind, Row, plain_value
from ibkr_sync.interchange.frames.frame import Frame

EXPIRATIONS_SCHEMA: Final = "ibkr-sync/expirations-table/1"
"""Name and version: a column that is lost, or means something else, makes it `/2`."""

_KINDS: Final = {
    "date": ColumnKind.DATE,
    "what": ColumnKind.REPEATED_TEXT,
    **dict.fromkeys(("symbol", "exchange", "trading_class"), ColumnKind.REPEATED_TEXT),
    "local_symbol": ColumnKind.TEXT,
    "contract_month": ColumnKind.DATE,
    MONTH_TEXT: ColumnKind.REPEATED_TEXT,
    **dict.fromkeys(("con_id", "days_left", "business_days_left"), ColumnKind.INTEGER),
    **dict.fromkeys(("source", "confidence"), ColumnKind.REPEATED_TEXT),
}
_COLUMNS: Final = tuple(Column(name=name, kind=kind) for name, kind in _KINDS.items())


def expiration_frame(expirations: Iterable[Expiration]) -> Frame:
    """The calendar in the order given."""
    return Frame(schema=EXPIRATIONS_SCHEMA, columns=_COLUMNS, rows=tuple(map(_row, expirations)))


def _row(expiration: Expiration) -> Row:
    contract = expiration.delivering.contract
    month = contract.contract_month
    symbol, exchange, trading_class = expiration.delivering.product.key
    return {
        "date": expiration.day,
        "what": expiration.kind.value,
        "symbol": symbol,
        "exchange": exchange,
        "trading_class": trading_class,
        "local_symbol": contract.local_symbol,
        "contract_month": plain_value(month),
        MONTH_TEXT: None if month is None else str(month),
        "con_id": contract.con_id,
        "days_left": expiration.days_left,
        "business_days_left": expiration.business_days_left,
        "source": expiration.source,
        "confidence": plain_value(expiration.confidence),
    }
