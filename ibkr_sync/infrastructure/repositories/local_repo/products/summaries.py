"""All stored products at a glance; the database counts whatever needs no time zone to count."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.engine import Connection

from ibkr_sync.domain.entities.contracts import ContractSeries, ContractState, FuturesContract
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.entities.remarks import Remark
from ibkr_sync.domain.evidence.remarks import remark_sentences
from ibkr_sync.domain.selection.series_choice import usual_series_of
from ibkr_sync.infrastructure.repositories.local_repo.database.snapshot import loaded_in
from ibkr_sync.infrastructure.repositories.local_repo.products.mapping import (
    map_to_entity,
    map_to_remarks,
)
from ibkr_sync.infrastructure.repositories.local_repo.products.reads import readable
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import contracts, products

_SLACK = timedelta(days=2)
"""So far from today, a contract's last trade date is past, or ahead, in every time zone."""

_REPORTED_BY = (
    "con_id",
    "symbol",
    "exchange",
    "trading_class",
    "currency",
    "local_symbol",
    "last_trade_date",
    "last_trade_at",
    "series",
    "time_zone",
)
"""What an entity derives its state from."""


@dataclass(slots=True)
class _Listed:
    """How many contracts of a product are listed, and the next expiry, by series."""

    counts: Counter[ContractSeries] = field(default_factory=Counter)
    next_expiry: dict[ContractSeries, date] = field(default_factory=dict)

    def add(self, series: ContractSeries, count: int, expiry: date) -> None:
        self.counts[series] += count
        self.next_expiry[series] = min(expiry, self.next_expiry.get(series, expiry))


def read_summaries(connection: Connection, now: datetime, place: str) -> list[ProductSummary]:
    """Summarise every product at the aware instant `now`, by key; raises StorageError.

    A snapshot has them once, as they stood when they were asked for first.
    """
    loaded = loaded_in(connection, ProductSummary)
    if not loaded:
        with readable(place):
            loaded.update(_summaries(connection, now))
    return [loaded[key] for key in sorted(loaded)]


def _summaries(connection: Connection, now: datetime) -> dict[ProductKey, ProductSummary]:
    listed = _listed(connection, now)
    remarked = _remarked(connection, now)
    summaries = (
        _summary(map_to_entity(row, ()), listed[row["id"]], remarked[row["id"]], now)
        for row in map(Row._asdict, connection.execute(select(products)))
    )
    return {summary.key: summary for summary in summaries}


def _listed(connection: Connection, now: datetime) -> dict[int, _Listed]:
    today = now.astimezone(UTC).date()
    column = contracts.c
    is_present = column.missing_since.is_(None)
    lives_on = and_(
        column.last_trade_date > today + _SLACK,
        or_(column.last_trade_at.is_(None), column.last_trade_at > now),
    )
    counted = (
        select(column.product_id, column.series, func.count(), func.min(column.last_trade_date))
        .where(is_present, lives_on)
        .group_by(column.product_id, column.series)
    )
    listed: dict[int, _Listed] = defaultdict(_Listed)
    for product_id, series, count, expiry in connection.execute(counted):
        listed[product_id].add(series, count, expiry)
    reason = [column[name] for name in _REPORTED_BY]
    may_live = or_(column.last_trade_date >= today - _SLACK, column.last_trade_at > now)
    near = select(column.product_id, *reason).where(is_present, may_live, ~lives_on)
    for product_id, *values in connection.execute(near):
        contract = FuturesContract(**dict(zip(_REPORTED_BY, values, strict=True)))
        if contract.state(now) is ContractState.ACTIVE:
            listed[product_id].add(contract.series, 1, contract.last_trade_date)
    return listed


def _remarked(
    connection: Connection, now: datetime
) -> dict[int, list[tuple[str, tuple[Remark, ...]]]]:
    """The contracts with remarks that may still trade, by name, of each product."""
    column = contracts.c
    found = (
        select(column.product_id, column.local_symbol, column.remarks)
        .where(
            column.remarks != (),
            column.delisted_at.is_(None),
            column.last_trade_date >= now.astimezone(UTC).date() - _SLACK,
        )
        .order_by(column.last_trade_date, column.con_id)
    )
    remarked: dict[int, list[tuple[str, tuple[Remark, ...]]]] = defaultdict(list)
    for product_id, name, values in connection.execute(found):
        remarked[product_id].append((name, map_to_remarks(values)))
    return remarked


def _summary(
    product: Future,
    listed: _Listed,
    remarked: Iterable[tuple[str, tuple[Remark, ...]]],
    now: datetime,
) -> ProductSummary:
    usual = listed.counts.keys() & usual_series_of(listed.counts)
    return ProductSummary(
        key=product.key,
        asset_class=product.asset_class,
        category=product.category,
        currency=product.currency,
        name=product.name,
        origin=product.origin,
        listed=sum(listed.counts[series] for series in usual),
        next_expiry=min((listed.next_expiry[series] for series in usual), default=None),
        synced_at=product.synced_at,
        closed_at=product.closed_by(now),
        remarks=remark_sentences(product.remarks, remarked),
        listed_beside={
            series: count for series, count in listed.counts.items() if series not in usual
        },
    )
