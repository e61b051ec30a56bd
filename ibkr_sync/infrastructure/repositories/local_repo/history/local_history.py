"""History as it is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, tuple_, union
from sqlalchemy.engine import Connection

from ibkr_sync.domain.canonical_text import (
    TRACKED_OF_CONTRACT,
    TRACKED_OF_PRODUCT,
    parse_canonical_text,
)
from ibkr_sync.domain.entities.contracts import ContractListing, FuturesContract
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.errors import ProductNotFoundError
from ibkr_sync.domain.evidence.product_update import LISTING, PRODUCT
from ibkr_sync.domain.evidence.remarks import REMARKS
from ibkr_sync.domain.history.alike_events import FIELDS_OF_PAST, products_changed_alike
from ibkr_sync.domain.history.recorded_history import (
    NOTHING_BEFORE,
    ContractPast,
    FirstSight,
    ProductHistory,
    RecordedChange,
    RecordedEnd,
    RecordedPeriod,
    RecordedReply,
    RecordedRun,
    RecordedRunPeriod,
    ReplySpan,
)
from ibkr_sync.domain.history.remark_changes import RECURRENCE
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.history import HistoryPort
from ibkr_sync.domain.runs.sync_policy import RunKind
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.database.snapshot import loaded_in
from ibkr_sync.infrastructure.repositories.local_repo.products import reads
from ibkr_sync.infrastructure.repositories.local_repo.products.ladders import (
    ladders_at,
    recorded_ladders,
)
from ibkr_sync.infrastructure.repositories.local_repo.products.mapping import LISTING_COLUMNS
from ibkr_sync.infrastructure.repositories.local_repo.runs.outcomes import APPLIED
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    contracts,
    field_changes,
    former_names,
    products,
    run_products,
    sync_runs,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading

_KEY = (products.c.symbol, products.c.exchange, products.c.trading_class)
_CONTRACT_COLUMNS = (
    *("con_id", "symbol", "exchange", "trading_class", "currency", "local_symbol"),
    *("last_trade_date", "last_trade_at", "time_zone"),
)
_ZONE_SLACK = timedelta(days=2)
"""A day ends up to 14 hours before it does in UTC, and up to 12 hours after; in an unknown zone
trading is taken to go on for a day more."""


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
        is_wanted = _is_product(product)
        with reading(self._database) as connection, reads.readable(self._database.name):
            if con_id is not None:
                is_reported = [field_changes.c.con_id == con_id]
            else:
                is_reported = _is_of_product(connection, product)
            # By time first, so that SQLite takes the index instead of reading all in order.
            recent = _changes(field_changes.c.seen_at >= since, *is_reported).order_by(
                field_changes.c.seen_at, field_changes.c.id
            )
            by_time = _recorded(connection, recent)
            changes = tuple(sorted(by_time, key=lambda change: change.run))
            return RecordedPeriod(
                changes=changes,
                earlier_remarks=_earlier_remarks(
                    connection, since, [field_changes.c.seen_at < since, *is_reported]
                ),
                ended=_ended(connection, since, now, is_wanted),
                ladders=recorded_ladders(connection, since, is_wanted),
                first_runs=_first_runs(connection, since, is_wanted),
                chains=_chains(connection, products_changed_alike(changes)),
            )

    def of_run(self, run: int) -> RecordedRunPeriod:
        with reading(self._database) as connection, reads.readable(self._database.name):
            began = _begin_of_run(connection, run)
            if began is None:
                return RecordedRunPeriod()
            row = field_changes.c
            is_own = (row.seen_at >= began, row.run_id == run)
            own = _changes(*is_own, ~_is_first_sight_of_product()).order_by(row.id)
            ladders = recorded_ladders(connection, began, [])
            changes, spans = _recorded(connection, own), _spans(connection, run)
            return RecordedRunPeriod(
                recorded=RecordedPeriod(
                    changes=changes,
                    earlier_remarks=_earlier_remarks(connection, began, [row.run_id < run])
                    if any(change.field == REMARKS for change in changes)
                    else (),
                    ended=_ended_within(connection, spans),
                    ladders=tuple(ladder for ladder in ladders if ladder.run == run),
                    first_runs=_first_runs(connection, began, []),
                    chains=_chains(connection, products_changed_alike(changes)),
                ),
                first_sights=_first_sights(connection, run, began),
                spans=spans,
            )

    def of_product(self, product: ProductKey) -> ProductHistory:
        place = self._database.name
        symbol, exchange, trading_class = product
        query = FutureQuery(symbol=symbol, exchange=exchange, trading_class=trading_class)
        with reading(self._database) as connection, reads.readable(place):
            for found in reads.read_products(connection, query, place):
                if found.product.key == product:
                    return _history(connection, found, place)
        raise ProductNotFoundError(symbol, place, exchange=exchange, trading_class=trading_class)

    def market_rules(self, ids: Collection[int], at: datetime) -> tuple[MarketRule, ...]:
        with reading(self._database) as connection, reads.readable(self._database.name):
            return ladders_at(connection, ids, at)


def _earlier_remarks(
    connection: Connection,
    since: datetime,
    conditions: Sequence[ColumnElement[bool]],
) -> tuple[RecordedChange, ...]:
    """Changes of remarks, as far as conditions say, from shortly before an instant on."""
    row = field_changes.c
    earlier = _changes(row.seen_at >= since - RECURRENCE, row.field == REMARKS, *conditions)
    return _recorded(connection, earlier.order_by(row.id))


def _is_product(product: ProductKey | None) -> list[ColumnElement[bool]]:
    if product is None:
        return []
    return [column == value for column, value in zip(_KEY, product, strict=True)]


def _is_of_product(connection: Connection, product: ProductKey | None) -> list[ColumnElement[bool]]:
    """Whether a change is the product's, or that a contract left it, under its name of then."""
    if product is None:
        return []
    change, former = field_changes.c, former_names.c
    names = (
        select(former.symbol, former.exchange, former.trading_class, former.until)
        .join(products, products.c.id == former.product_id)
        .where(*_is_product(product))
    )
    has_left = [
        change.old == str(product),
        *(
            and_(change.old == str(ProductKey(*key)), change.seen_at <= until)
            for *key, until in connection.execute(names)
        ),
    ]
    return [or_(and_(*_is_product(product)), and_(change.field == PRODUCT, or_(*has_left)))]


def _history(connection: Connection, found: reads.StoredProduct, place: str) -> ProductHistory:
    """All that is recorded of the product, and of the contracts that ever were its own."""
    own_id = found.product_id
    row = field_changes.c
    of_product = select(row.id).where(row.product_id == own_id)
    ever_own = select(row.con_id).where(row.product_id == own_id, row.con_id.is_not(None))
    of_contracts = select(row.id).where(row.con_id.in_(ever_own))
    # Each of the two is found by its index, which an OR of them would not be.
    changes = _changes(row.id.in_(union(of_product, of_contracts))).order_by(row.id)
    recorded = _recorded(connection, changes)
    for change in recorded:
        _refuse_unreadable(change)
    ever = {change.con_id for change in recorded if change.con_id is not None}
    gone = ever - {other.con_id for other in found.product.contracts}
    moved = [
        contract
        for owner in reads.read_owners(connection, gone, place)
        for contract in owner.product.contracts
        if contract.con_id in gone
    ]
    own = products.c.id == own_id
    first_seen_at = connection.execute(select(products.c.first_seen_at).where(own)).scalar_one()
    return ProductHistory(
        product=found.product,
        contracts=(*found.product.contracts, *moved),
        changes=recorded,
        replies=_replies(connection, own_id),
        runs=_runs(connection),
        ladders=recorded_ladders(connection, first_seen_at, [own]),
        first_seen_at=first_seen_at,
    )


def _changes(*conditions: ColumnElement[bool]) -> Select[Any]:
    return (
        select(field_changes, *(column.label(f"product_{column.name}") for column in _KEY))
        .add_columns(*(contracts.c[name] for name in _CONTRACT_COLUMNS if name != "con_id"))
        .add_columns(sync_runs.c.kind)
        .join(products, products.c.id == field_changes.c.product_id)
        .join(sync_runs, sync_runs.c.id == field_changes.c.run_id)
        .outerjoin(contracts, contracts.c.con_id == field_changes.c.con_id)
        .where(*conditions)
    )


def _recorded(connection: Connection, statement: Select[Any]) -> tuple[RecordedChange, ...]:
    return tuple(
        RecordedChange(
            product=ProductKey(row.product_symbol, row.product_exchange, row.product_trading_class),
            product_id=row.product_id,
            con_id=row.con_id,
            local_symbol=row.local_symbol,
            field=row.field,
            old=row.old,
            new=row.new,
            at=row.seen_at,
            run=row.run_id,
            is_correction=row.kind is RunKind.RENORMALISE,
            is_after_end=_is_first_sight_after_end(row),
        )
        for row in connection.execute(statement)
    )


def _is_first_sight_after_end(row: Row[Any]) -> bool:
    if row.field != LISTING or row.old is not None or row.local_symbol is None:
        return False
    values = row._asdict()
    contract = FuturesContract(**{name: values[name] for name in _CONTRACT_COLUMNS})
    return contract.is_expired(row.seen_at)


def _refuse_unreadable(change: RecordedChange) -> None:
    """Raise ValueError for text that no value of the field has."""
    of_contract = change.con_id is not None
    if change.field in (TRACKED_OF_CONTRACT if of_contract else TRACKED_OF_PRODUCT):
        parse_canonical_text(change.field, change.old, of_contract=of_contract)


def _ended(
    connection: Connection,
    since: datetime,
    now: datetime,
    is_wanted: Sequence[ColumnElement[bool]],
) -> tuple[RecordedEnd, ...]:
    is_near = contracts.c.last_trade_date.between(
        (since - _ZONE_SLACK).date(), (now + _ZONE_SLACK).date()
    )
    change = field_changes.c
    moved = select(change.con_id).where(
        change.seen_at >= since, change.field == "last_trade_date", change.con_id.is_not(None)
    )
    statement = (
        _contracts()
        .where(or_(is_near, contracts.c.con_id.in_(moved)))
        .where(contracts.c.delisted_at.is_(None))
        .where(*is_wanted)
        .order_by(contracts.c.last_trade_date, contracts.c.con_id)
    )
    return tuple(_contract(row) for row in connection.execute(statement))


def _chains(
    connection: Connection, keys: Collection[ProductKey]
) -> dict[ProductKey, tuple[ContractPast, ...]]:
    if not keys:
        return {}
    row = field_changes.c
    ids = select(products.c.id).where(tuple_(*_KEY).in_(sorted(keys)))
    ever_own = select(row.con_id).where(row.product_id.in_(ids), row.con_id.is_not(None))
    is_past = (row.con_id.in_(ever_own), row.field.in_(FIELDS_OF_PAST))
    pasts: defaultdict[int | None, list[RecordedChange]] = defaultdict(list)
    for change in _recorded(connection, _changes(*is_past).order_by(row.id)):
        pasts[change.con_id].append(change)
    found: defaultdict[ProductKey, list[ContractPast]] = defaultdict(list)
    statement = _contracts().where(contracts.c.con_id.in_(ever_own))
    for end in map(_contract, connection.execute(statement.order_by(contracts.c.con_id))):
        changes = tuple(pasts[end.contract.con_id])
        for key in {change.product for change in changes}.intersection(keys):
            found[key].append(ContractPast(contract=end.contract, changes=changes))
    return {key: tuple(chain) for key, chain in found.items()}


def _contracts() -> Select[Any]:
    columns = {name: contracts.c[name] for name in (*_CONTRACT_COLUMNS, *LISTING_COLUMNS)}
    seen = func.coalesce(contracts.c.last_seen_at, products.c.synced_at).label("last_seen_at")
    return select(
        *(columns | {"last_seen_at": seen}).values(),
        *(column.label(f"product_{column.name}") for column in _KEY),
    ).join(products, products.c.id == contracts.c.product_id)


def _contract(row: Row[Any]) -> RecordedEnd:
    values = row._asdict()
    return RecordedEnd(
        product=ProductKey(*(values[f"product_{column.name}"] for column in _KEY)),
        contract=FuturesContract(
            **{name: values[name] for name in _CONTRACT_COLUMNS},
            listing=ContractListing(**{name: values[name] for name in LISTING_COLUMNS}),
        ),
    )


def _first_runs(
    connection: Connection, since: datetime, is_wanted: Sequence[ColumnElement[bool]]
) -> dict[ProductKey, int]:
    """Of each product that got a contract since then, the run in which it got its first."""
    change = field_changes.c
    got_contracts = select(change.product_id).where(
        change.seen_at >= since, change.field == LISTING, change.old.is_(None)
    )
    first = (
        select(func.min(change.run_id))
        .where(change.product_id == products.c.id, change.field == LISTING, change.old.is_(None))
        .scalar_subquery()
    )
    statement = select(*_KEY, first.label("run")).where(
        products.c.id.in_(got_contracts), *is_wanted
    )
    return {
        ProductKey(row.symbol, row.exchange, row.trading_class): row.run
        for row in connection.execute(statement)
    }


def _begin_of_run(connection: Connection, run: int) -> datetime | None:
    """Since when the run recorded something, also if the clock was set back meanwhile.

    None where there is no such run.
    """
    if not 0 < run < 1 << 31:  # no database takes more for an Integer
        return None
    began = select(sync_runs.c.started_at).where(sync_runs.c.id == run)
    started_at: datetime | None = connection.execute(began).scalar()
    first = select(func.min(run_products.c.at)).where(run_products.c.run_id == run)
    first_at: datetime | None = connection.execute(first).scalar()
    return started_at and min(started_at, first_at or started_at)


def _is_first_sight_of_product() -> ColumnElement[bool]:
    """Whether a change is the first sight of a contract, of a product without any before the run.

    By the order of runs, as a clock may have been set back.
    """
    change, before = field_changes.c, field_changes.alias("before").c
    had_contracts = (
        select(before.id)
        .where(before.product_id == change.product_id, before.run_id < change.run_id)
        .where(before.field == LISTING, before.old.is_(None))
        .exists()
    )
    return and_(change.field == LISTING, change.old.is_(None), ~had_contracts)


def _first_sights(connection: Connection, run: int, began: datetime) -> tuple[FirstSight, ...]:
    change = field_changes.c
    statement = (
        select(products.c.id, *_KEY, func.count().label("contracts"), func.min(change.seen_at))
        .join(products, products.c.id == change.product_id)
        .where(change.seen_at >= began, change.run_id == run, _is_first_sight_of_product())
        .group_by(products.c.id, *_KEY)
        .order_by(*_KEY)
    )
    return tuple(
        FirstSight(
            product=ProductKey(*key), product_id=product_id, contracts=contracts, at=at, run=run
        )
        for product_id, *key, contracts, at in connection.execute(statement)
    )


def _spans(connection: Connection, run: int) -> dict[ProductKey, ReplySpan]:
    """Of each product that the run got an answer for, the time since the latest one before.

    The latest by the clock, so that nothing ends twice where it was set back.
    """
    own, before = run_products.c, run_products.alias("before").c
    is_reading_again = (
        select(sync_runs.c.id)
        .where(sync_runs.c.id == before.run_id, sync_runs.c.kind == RunKind.RENORMALISE)
        .exists()
    )
    last = (
        select(before.at)
        .where(before.product_id == own.product_id, before.run_id < run)
        .where(_is_observed(before), ~is_reading_again)
        .order_by(before.at.desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        select(*_KEY, last.label("after"), own.at.label("until"))
        .join(products, products.c.id == own.product_id)
        .join(sync_runs, sync_runs.c.id == own.run_id)
        .where(own.run_id == run, _is_observed(own))
        .where(sync_runs.c.kind != RunKind.RENORMALISE)
        .order_by(own.id)
    )
    return {
        ProductKey(*key): ReplySpan(after, until)
        for *key, after, until in connection.execute(statement)
        if after is not None
    }


def _is_observed(row: Any) -> ColumnElement[bool]:  # noqa: ANN401 - columns have no type
    """Whether a complete reply was stored, or it was observed that its source knows it no more."""
    return or_(row.outcome.in_(APPLIED), row.given_at.is_not(None))


def _ended_within(
    connection: Connection, spans: Mapping[ProductKey, ReplySpan]
) -> tuple[RecordedEnd, ...]:
    if not spans:
        return ()
    since = min(span.after for span in spans.values())
    until = max(span.until for span in spans.values())
    return tuple(end for end in _ended(connection, since, until, []) if end.product in spans)


def _replies(connection: Connection, product_id: int) -> tuple[RecordedReply, ...]:
    """Its complete replies; one that was read again is none."""
    statement = (
        select(
            run_products.c.run_id.label("run"),
            run_products.c.at,
            func.coalesce(run_products.c.given_at, run_products.c.at).label("given_at"),
        )
        .join(sync_runs)
        .where(run_products.c.product_id == product_id)
        .where(run_products.c.outcome.in_(APPLIED))
        .where(sync_runs.c.kind != RunKind.RENORMALISE)
        .order_by(run_products.c.id)
    )
    return tuple(
        RecordedReply(run=run, at=at, given_at=given_at)
        for run, at, given_at in connection.execute(statement)
    )


def _runs(connection: Connection) -> tuple[RecordedRun, ...]:
    """All runs; the products of one answer share them."""
    runs = loaded_in(connection, RecordedRun)
    if not runs:
        statement = select(sync_runs.c.id, sync_runs.c.started_at).order_by(sync_runs.c.id)
        for run, at in connection.execute(statement):
            runs[run] = RecordedRun(run=run, started_at=at)
    return tuple(runs.values())
