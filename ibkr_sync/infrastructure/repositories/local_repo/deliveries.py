"""Deliveries as they are stored."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, CompoundSelect, func, or_, select, union
from sqlalchemy.engine import Connection

from ibkr_sync.domain.delivery.delivery_changes import day_of_fact, is_other_day
from ibkr_sync.domain.entities.contracts import ContractListing, ContractSeries, FuturesContract
from ibkr_sync.domain.entities.delivery import DELIVERY_DATES, DELIVERY_FACTS, DeliveryDates
from ibkr_sync.domain.entities.futures import ASSET_TYPES, Future, Origin
from ibkr_sync.domain.ports.deliveries import LONGEST_NOTICE, DeliveriesPort
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.infrastructure.repositories.local_repo.database.bulk_writes import bulk_batches
from ibkr_sync.infrastructure.repositories.local_repo.products import reads
from ibkr_sync.infrastructure.repositories.local_repo.products.delivery_rows import (
    DELIVERY_COLUMNS,
    read_delivery,
    read_imports,
    write_deliveries,
    write_imports,
)
from ibkr_sync.infrastructure.repositories.local_repo.products.mapping import LISTING_COLUMNS
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    contract_deliveries,
    contracts,
    field_changes,
    products,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading, writing

if TYPE_CHECKING:
    from ibkr_sync.domain.delivery.delivery_book import DeliveryBook
    from ibkr_sync.domain.entities.delivering_contract import ChangedDay, DeliveringContract
    from ibkr_sync.domain.entities.imported_delivery import (
        ImportedDelivery,
        KeptImports,
        RefutedImport,
    )
    from ibkr_sync.domain.evidence.chain_diff import FieldChange
    from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database

_PRODUCT_COLUMNS = (
    *("symbol", "exchange", "trading_class", "currency", "name", "category", "origin"),
    "asset_class",
)
_CONTRACT_COLUMNS = (
    *("con_id", "symbol", "exchange", "trading_class", "currency", "local_symbol"),
    *("contract_month", "last_trade_date", "last_trade_at", "time_zone", "series"),
)
_DELIVERY_DATES = (
    contract_deliveries.c.first_notice_date,
    contract_deliveries.c.long_cutoff,
    contract_deliveries.c.short_cutoff,
)


class LocalDeliveries(DeliveriesPort):
    """Deliveries in a SQLite or PostgreSQL database, beside the products."""

    def __init__(
        self, database: Database, book: Callable[[], DeliveryBook], clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._book = book
        self._clock = clock

    def between(
        self, first: date, last: date, changed_since: datetime | None = None
    ) -> tuple[DeliveringContract, ...]:
        seen = func.coalesce(contracts.c.last_seen_at, products.c.synced_at).label("last_seen_at")
        listing = {name: contracts.c[name] for name in LISTING_COLUMNS} | {"last_seen_at": seen}
        statement = (
            select(
                *(products.c[name] for name in _PRODUCT_COLUMNS),
                *(contracts.c[name] for name in _CONTRACT_COLUMNS),
                *listing.values(),
                *(contract_deliveries.c[name] for name in DELIVERY_COLUMNS),
            )
            .select_from(contracts)
            .join(products, products.c.id == contracts.c.product_id)
            .outerjoin(contract_deliveries)
            .where(or_(contracts.c.delisted_at.is_(None), *_delisted_since(changed_since)))
            .where(contracts.c.con_id.in_(_near(first, last, changed_since)))
            .order_by(contracts.c.last_trade_date, contracts.c.con_id)
        )
        with reading(self._database) as connection, reads.readable(self._database.name):
            found = [_delivering(tuple(row)) for row in connection.execute(statement)]
            changed = _changed_days(connection, [other.contract.con_id for other in found])
        return tuple(
            dataclasses.replace(other, changed_days=changed.get(other.contract.con_id, {}))
            for other in found
        )

    def known_of(self, product: Future) -> dict[int, DeliveryDates]:
        columns = contract_deliveries.c
        statement = select(columns.con_id, *(columns[name] for name in DELIVERY_COLUMNS))
        con_ids = sorted(contract.con_id for contract in product.contracts)
        with reading(self._database) as connection, reads.readable(self._database.name):
            return {
                con_id: read_delivery(values)
                for some in bulk_batches(con_ids)
                for con_id, *values in connection.execute(statement.where(columns.con_id.in_(some)))
            }

    def changes_after(self, product: Future, at: datetime) -> tuple[FieldChange, ...]:
        from ibkr_sync.domain.evidence.chain_diff import FieldChange

        change = field_changes.c
        statement = (
            select(change.id, change.con_id, change.field, change.old, change.new)
            .where(change.field.in_(DELIVERY_FACTS))
            .where(change.seen_at > at)
        )
        con_ids = sorted(contract.con_id for contract in product.contracts)
        with reading(self._database) as connection, reads.readable(self._database.name):
            rows = [
                row
                for some in bulk_batches(con_ids)
                for row in connection.execute(statement.where(change.con_id.in_(some)))
            ]
        return tuple(
            FieldChange(con_id=row.con_id, field=row.field, old=row.old, new=row.new)
            for row in sorted(rows, key=lambda item: item.id)
        )

    def imports_of(
        self, product: Future, until: datetime | None = None
    ) -> tuple[ImportedDelivery, ...]:
        with reading(self._database) as connection, reads.readable(self._database.name):
            return read_imports(connection, product, until)

    def keep_imports(self, imports: Collection[ImportedDelivery]) -> KeptImports:
        from ibkr_sync.infrastructure.repositories.local_repo.products.writes import write_history
        from ibkr_sync.infrastructure.repositories.local_repo.runs.recorded_run import recorded_run

        with (
            recorded_run(self._database, Origin.FILE, RunKind.IMPORT, self._clock) as run,
            writing(self._database) as connection,
            reads.readable(self._database.name),
        ):
            owners = _owners(connection, imports, self._database.name)
            kept = {
                key for owner in owners for key in _keys(read_imports(connection, owner.product))
            }
            now = self._clock()
            new = [other for other in imports if _key(other) not in kept]
            write_imports(connection, new, run, now)
            for owner in owners:
                changes = write_deliveries(
                    connection, self._book(), owner.product, owner.product_id, now
                )
                news = [change for change in changes if is_other_day(change.old, change.new)]
                write_history(connection, news, owner.product_id, run, now)
        chain = [contract for owner in owners for contract in owner.product.contracts]
        return _kept(imports, len(new), chain)


def _kept(
    imports: Collection[ImportedDelivery], new: int, chain: Collection[FuturesContract]
) -> KeptImports:
    from ibkr_sync.domain.entities.imported_delivery import KeptImports, RefutedImport

    by_con_id = {other.con_id: other for other in chain}
    by_month = {
        (other.exchange, other.trading_class, other.contract_month): other
        for other in chain
        if other.series is ContractSeries.MONTHLY
    }
    found: list[RefutedImport] = []
    for other in imports:
        month = (other.exchange or "", other.trading_class or "", other.contract_month)
        contract = by_con_id.get(other.con_id) if other.con_id is not None else by_month.get(month)
        if contract is not None:
            found.append(RefutedImport(imported=other, contract=contract))
    refuted = tuple(other for other in found if other.imported.is_refuted_by(other.contract))
    return KeptImports(stored=len(found), new=new, refuted=refuted)


def _delisted_since(at: datetime | None) -> list[ColumnElement[bool]]:
    return [] if at is None else [contracts.c.delisted_at >= at]


def _near(first: date, last: date, changed_since: datetime | None) -> CompoundSelect[int]:
    """The conIds by each reason alone, so that each finds its index."""
    contract, delivery, change = contracts.c, contract_deliveries.c, field_changes.c
    ended_or_changed = select(contract.con_id).where(contract.last_trade_date.between(first, last))
    if changed_since is not None:
        ended_or_changed = select(change.con_id).where(
            change.seen_at >= changed_since,
            change.field.in_(DELIVERY_DATES),
            change.con_id.is_not(None),
        )
    undated = select(contract.con_id).where(
        contract.last_trade_date.between(first, last + LONGEST_NOTICE),
        contract.con_id.not_in(select(delivery.con_id)),
    )
    return union(
        ended_or_changed,
        undated,
        *(select(delivery.con_id).where(column.between(first, last)) for column in _DELIVERY_DATES),
    )


def _changed_days(
    connection: Connection, con_ids: Collection[int]
) -> Mapping[int, Mapping[str, Sequence[ChangedDay]]]:
    """How dates of contracts became the days that they are."""
    from ibkr_sync.domain.entities.delivering_contract import ChangedDay

    change = field_changes.c
    statement = (
        select(change.con_id, change.field, change.old, change.new, change.seen_at)
        .where(change.field.in_(DELIVERY_DATES))
        .order_by(change.id)
    )
    found: defaultdict[int, defaultdict[str, list[ChangedDay]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for some in bulk_batches(sorted(con_ids)):
        for row in connection.execute(statement.where(change.con_id.in_(some))):
            if is_other_day(row.old, row.new):
                changed = ChangedDay(at=row.seen_at, old=day_of_fact(row.old))
                found[row.con_id][row.field].append(changed)
    return found


def _owners(
    connection: Connection, imports: Collection[ImportedDelivery], place: str
) -> list[reads.StoredProduct]:
    """The stored products that imports may be about."""
    con_ids = [other.con_id for other in imports if other.con_id is not None]
    classes = sorted({other.trading_class for other in imports if other.trading_class is not None})
    found = {owner.product_id: owner for owner in reads.read_owners(connection, con_ids, place)}
    of_class = select(contracts.c.con_id).where(contracts.c.trading_class.in_(classes))
    named = list(connection.execute(of_class).scalars()) if classes else []
    found |= {owner.product_id: owner for owner in reads.read_owners(connection, named, place)}
    return [found[number] for number in sorted(found)]


def _key(imported: ImportedDelivery) -> tuple[object, ...]:
    dates = (getattr(imported.delivery, name) for name in DELIVERY_DATES)
    contract = (imported.con_id, imported.exchange, imported.trading_class, imported.contract_month)
    return (imported.origin, imported.learnt_on, imported.last_trade_date, *contract, *dates)


def _keys(imports: Iterable[ImportedDelivery]) -> Iterator[tuple[object, ...]]:
    return map(_key, imports)


def _delivering(row: tuple[Any, ...]) -> DeliveringContract:
    from ibkr_sync.domain.entities.delivering_contract import DeliveringContract

    product = dict(zip(_PRODUCT_COLUMNS, row, strict=False))
    rest = row[len(_PRODUCT_COLUMNS) :]
    contract = dict(zip(_CONTRACT_COLUMNS, rest, strict=False))
    rest = rest[len(_CONTRACT_COLUMNS) :]
    listing = ContractListing(**dict(zip(LISTING_COLUMNS, rest, strict=False)))
    known = rest[len(LISTING_COLUMNS) :]
    return DeliveringContract(
        product=ASSET_TYPES[product.pop("asset_class")](**product),
        contract=FuturesContract(
            **contract,
            listing=listing,
            delivery=None if known[-1] is None else read_delivery(known),
        ),
    )
