"""History as it is stored."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.errors import ProductNotFoundError
from ibkr_sync.domain.evidence.remarks import REMARKS
from ibkr_sync.domain.history.alike_events import products_changed_alike
from ibkr_sync.domain.history.recorded_history import (
    NOTHING_BEFORE,
    ProductHistory,
    RecordedPeriod,
    RecordedRunPeriod,
)
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.history import HistoryPort
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.history.chain_pasts import read_chain_pasts
from ibkr_sync.infrastructure.repositories.local_repo.history.contract_ends import (
    read_ends,
    read_ends_within,
)
from ibkr_sync.infrastructure.repositories.local_repo.history.first_sights import (
    is_first_sight_of_product,
    read_first_runs,
    read_first_sights,
)
from ibkr_sync.infrastructure.repositories.local_repo.history.product_history import (
    read_product_history,
)
from ibkr_sync.infrastructure.repositories.local_repo.history.recorded_changes import (
    is_of_product,
    is_product,
    read_changes,
    read_earlier_remarks,
    select_changes,
)
from ibkr_sync.infrastructure.repositories.local_repo.history.reply_spans import (
    read_begin_of_run,
    read_reply_spans,
)
from ibkr_sync.infrastructure.repositories.local_repo.products import reads
from ibkr_sync.infrastructure.repositories.local_repo.products.ladders import (
    ladders_at,
    recorded_ladders,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import field_changes
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading


class LocalHistory(HistoryPort):
    """History in a SQLite or PostgreSQL database, beside the products."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def period(
        self,
        since: datetime,
        now: datetime,
        product: ProductKey | None = None,
        con_id: int | None = None,
    ) -> RecordedPeriod:
        since = max(since, NOTHING_BEFORE)
        is_wanted = is_product(product)
        with reading(self._database) as connection, reads.readable(self._database.name):
            if con_id is not None:
                is_reported = [field_changes.c.con_id == con_id]
            else:
                is_reported = is_of_product(connection, product)
            # By time first, so that SQLite takes the index instead of reading all in order.
            recent = select_changes(field_changes.c.seen_at >= since, *is_reported).order_by(
                field_changes.c.seen_at, field_changes.c.id
            )
            by_time = read_changes(connection, recent)
            changes = tuple(sorted(by_time, key=lambda change: change.run))
            return RecordedPeriod(
                changes=changes,
                earlier_remarks=read_earlier_remarks(
                    connection, since, [field_changes.c.seen_at < since, *is_reported]
                ),
                ended=read_ends(connection, since, now, is_wanted),
                ladders=recorded_ladders(connection, since, is_wanted),
                first_runs=read_first_runs(connection, since, is_wanted),
                chains=read_chain_pasts(connection, products_changed_alike(changes)),
            )

    def of_run(self, run: int) -> RecordedRunPeriod:
        with reading(self._database) as connection, reads.readable(self._database.name):
            began = read_begin_of_run(connection, run)
            if began is None:
                return RecordedRunPeriod()
            row = field_changes.c
            is_own = (row.seen_at >= began, row.run_id == run)
            own = select_changes(*is_own, ~is_first_sight_of_product()).order_by(row.id)
            changes, spans = read_changes(connection, own), read_reply_spans(connection, run)
            return RecordedRunPeriod(
                recorded=RecordedPeriod(
                    changes=changes,
                    earlier_remarks=read_earlier_remarks(connection, began, [row.run_id < run])
                    if any(change.field == REMARKS for change in changes)
                    else (),
                    ended=read_ends_within(connection, spans),
                    ladders=recorded_ladders(connection, began, [], run=run),
                    first_runs=read_first_runs(connection, began, []),
                    chains=read_chain_pasts(connection, products_changed_alike(changes)),
                ),
                first_sights=read_first_sights(connection, run, began),
                spans=spans,
            )

    def of_product(self, product: ProductKey) -> ProductHistory:
        place = self._database.name
        symbol, exchange, trading_class = product
        query = FutureQuery(symbol=symbol, exchange=exchange, trading_class=trading_class)
        with reading(self._database) as connection, reads.readable(place):
            for found in reads.read_products(connection, query, place):
                if found.product.key == product:
                    return read_product_history(connection, found, place)
        raise ProductNotFoundError(symbol, place, exchange=exchange, trading_class=trading_class)

    def market_rules(self, ids: Collection[int], at: datetime) -> tuple[MarketRule, ...]:
        with reading(self._database) as connection, reads.readable(self._database.name):
            return ladders_at(connection, ids, at)
