"""A value of each kind of field, and another one, for tests that try every field of a contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from ibkr_sync.domain.entities.contracts import ContractMonth, ContractSeries, Venue
from ibkr_sync.domain.entities.fields import FieldKind, Kind
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind

VALUES: Mapping[FieldKind, object] = {
    Kind.TEXT: "A",
    Kind.ZONE: "America/Chicago",
    Kind.INTEGER: 1,
    Kind.POSITIVE_INTEGER: 2,
    Kind.NUMBER: Decimal(1),
    Kind.POSITIVE_NUMBER: Decimal(1),
    Kind.TEXTS: ("A",),
}
"""By the kinds of what an example may leave out."""

OTHER_VALUES: Mapping[FieldKind, object] = {
    Kind.TEXT: "X",
    Kind.ZONE: "Asia/Tokyo",
    Kind.INTEGER: 3,
    Kind.POSITIVE_INTEGER: 100,
    Kind.NUMBER: Decimal(2),
    Kind.POSITIVE_NUMBER: Decimal(5),
    Kind.DATE: date(2027, 1, 1),
    Kind.INSTANT: datetime(2026, 12, 18, 14, tzinfo=UTC),
    Kind.MONTH: ContractMonth(2027, 1),
    Kind.TEXTS: ("X",),
    Kind.PAIRS: (("ISIN", "X"),),
    Kind.VENUES: (Venue(exchange="CME"),),
    Kind.REMARKS: (Remark(kind=RemarkKind.ODD_ROW, field="category"),),
    ContractSeries: ContractSeries.WEEKLY,
}
"""By kind what no example has."""
