"""What is asked of the stored rows; every function works inside the caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, or_, select
from sqlalchemy.engine import Connection

from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.errors import StorageError
from ibkr_sync.infrastructure.repositories.local_repo.database.bulk_writes import bulk_batches
from ibkr_sync.infrastructure.repositories.local_repo.database.snapshot import loaded_in
from ibkr_sync.infrastructure.repositories.local_repo.products.mapping import (
    CONTRACT_COLUMNS,
    map_to_entity,
    unstorable_reason,
)
from ibkr_sync.infrastructure.repositories.local_repo.products.schedules import load_schedules
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    contract_schedules,
    contracts,
    former_names,
    market_rule_increments,
    market_rules,
    products,
)

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
    from ibkr_sync.domain.naming.query import FutureQuery

_MOST_LOADED = 64
"""How many products a snapshot holds at once; a chain takes up to 1 MB."""

# What every product of a run asks is built once: building takes longer than answering.
_TAKEN_FOR = select(products).where(
    products.c.symbol == bindparam("symbol"),
    products.c.exchange == bindparam("exchange"),
    products.c.trading_class.in_([bindparam("trading_class"), bindparam("symbol")]),
)
_OWNERS = select(products).where(
    products.c.id.in_(
        select(contracts.c.product_id).where(
            contracts.c.con_id.in_(bindparam("con_ids", expanding=True))
        )
    )
)
_CHAINS = (
    select(
        *(contracts.c[name] for name in CONTRACT_COLUMNS),
        case(
            (contract_schedules.c.con_id.is_(None), products.c.schedule_id),
            else_=contract_schedules.c.schedule_id,
        ),
        contracts.c.product_id,
    )
    .join_from(contracts, products)
    .outerjoin(contract_schedules, contract_schedules.c.con_id == contracts.c.con_id)
    .where(contracts.c.product_id.in_(bindparam("product_ids", expanding=True)))
    .order_by(contracts.c.last_trade_date, contracts.c.con_id)
)
_OF_IDS = select(products).where(products.c.id.in_(bindparam("ids", expanding=True)))
_ONE_OF_SAMPLE = select(products.c.id).where(products.c.origin == Origin.SAMPLE).limit(1)
_ONE_OF_REAL = (
    select(products.c.id)
    .where(or_(*(products.c.origin == other for other in Origin if other.is_real)))
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProduct:
    """A product with the id of its row."""

    product_id: int
    product: Future


def read_products(connection: Connection, query: FutureQuery, place: str) -> list[StoredProduct]:
    """Give the products that the query matches, else those it did by a former name, by key.

    Raises StorageError, naming `place`, for a row that holds what no entity can.
    """
    conditions = _conditions(query)
    if conditions is None:
        return []
    found = _load(connection, place, select(products).where(*conditions))
    if not found and query.con_id is None:
        former = products.c.id.in_(_formerly_called(query))
        found = _load(connection, place, select(products).where(former))
    return [other for other in found if query.may_be_of_size(other.product)]


def read_only_id(connection: Connection, query: FutureQuery) -> int | None:
    """Give the id of the one product that a query matches, without its chain.

    None where it is several, none, or one by a former name, and where a size is asked for.
    """
    conditions = _conditions(query)
    if conditions is None or query.multiplier is not None:
        return None
    ids = connection.execute(select(products.c.id).where(*conditions).limit(2)).scalars().all()
    return ids[0] if len(ids) == 1 else None


def _conditions(query: FutureQuery) -> list[ColumnElement[bool]] | None:
    """What a row has that the query matches by today's names; None where no row can."""
    asked = {
        products.c.symbol: query.symbol if query.con_id is None else None,
        products.c.exchange: query.exchange,
        products.c.currency: query.currency,
        products.c.trading_class: query.trading_class,
    }
    if any(unstorable_reason(value) for value in (*asked.values(), query.con_id)):
        return None
    conditions = [column == value for column, value in asked.items() if value is not None]
    if query.con_id is not None:
        owner = select(contracts.c.product_id).where(contracts.c.con_id == query.con_id)
        conditions.append(products.c.id.in_(owner))
    return conditions


def _formerly_called(query: FutureQuery) -> Select[Any]:
    """The products that the query would have matched before they were renamed."""
    asked = {
        former_names.c.symbol: query.symbol,
        former_names.c.exchange: query.exchange,
        former_names.c.trading_class: query.trading_class,
    }
    conditions = [column == value for column, value in asked.items() if value is not None]
    return select(former_names.c.product_id).where(*conditions)


def read_by_key(connection: Connection, key: ProductKey, place: str) -> StoredProduct | None:
    """Give the product that a reply for `key` is about, with its chain; raises StorageError.

    A product from the catalogue that has no contracts, and whose trading class the catalogue
    took to be its symbol, is taken for it when no product has the key itself.
    """
    found = _load(connection, place, _TAKEN_FOR, key._asdict())
    by_class = {other.product.trading_class: other for other in found}
    guessed = by_class.get(key.symbol)
    if key.trading_class in by_class or guessed is None:
        return by_class.get(key.trading_class)
    return guessed if guessed.product.is_stub else None


def read_by_ids(connection: Connection, ids: Collection[int], place: str) -> list[StoredProduct]:
    """Give the products with these ids, by key; raises StorageError."""
    return _load(connection, place, _OF_IDS, {"ids": sorted(ids)}) if ids else []


def read_owners(
    connection: Connection, con_ids: Collection[int], place: str
) -> list[StoredProduct]:
    """Give the products under which these contracts are stored, by key; raises StorageError."""
    owners = {
        other.product_id: other
        for some in bulk_batches(sorted(con_ids))
        for other in _load(connection, place, _OWNERS, {"con_ids": some})
    }
    return sorted(owners.values(), key=lambda item: item.product.key)


def holds_sample_data(connection: Connection) -> bool:
    """Whether any stored product is one of the sample."""
    return connection.execute(_ONE_OF_SAMPLE).first() is not None


def holds_real_data(connection: Connection) -> bool:
    """Whether any stored product came from a gateway or a file."""
    return connection.execute(_ONE_OF_REAL).first() is not None


def read_market_rules(
    connection: Connection, ids: Collection[int] | None = None
) -> dict[int, MarketRule]:
    """Give the tick ladders that apply, all of them or those of some ids."""
    from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement

    statement = (
        select(market_rule_increments)
        .join(
            market_rules,
            and_(
                market_rules.c.market_rule_id == market_rule_increments.c.market_rule_id,
                market_rules.c.changed_at == market_rule_increments.c.seen_at,
            ),
        )
        .order_by(market_rule_increments.c.position)
    )
    if ids is not None:
        statement = statement.where(market_rules.c.market_rule_id.in_(ids))
    ladders: dict[int, list[PriceIncrement]] = defaultdict(list)
    for row in connection.execute(statement):
        step = PriceIncrement(low_edge=row.low_edge, increment=row.increment)
        ladders[row.market_rule_id].append(step)
    return {
        rule_id: MarketRule(market_rule_id=rule_id, increments=tuple(steps))
        for rule_id, steps in ladders.items()
    }


def read_known_ladder_ids(connection: Connection) -> frozenset[int]:
    """Give the ids of the tick ladders that are stored."""
    return frozenset(connection.execute(select(market_rules.c.market_rule_id)).scalars())


def _load(
    connection: Connection,
    place: str,
    statement: Select[Any],
    parameters: Mapping[str, object] | None = None,
) -> list[StoredProduct]:
    with readable(place):
        found = connection.execute(statement, parameters).mappings().all()
        loaded = loaded_in(connection, Future)
        if len(loaded) + len(found) > _MOST_LOADED:
            loaded.clear()
        new = [row for row in found if row["id"] not in loaded]
        chains = _chains(connection, [row["id"] for row in new])
        for row in new:
            loaded[row["id"]] = map_to_entity(row, chains[row["id"]])
        stored = [StoredProduct(product_id=row["id"], product=loaded[row["id"]]) for row in found]
    return sorted(stored, key=lambda item: item.product.key)


def _chains(connection: Connection, ids: Sequence[int]) -> Mapping[int, list[Sequence[Any]]]:
    """The rows of the contracts of some products, with their schedules, by id of the product."""
    chains: dict[int, list[Sequence[Any]]] = defaultdict(list)
    if not ids:
        return chains
    rows = connection.execute(_CHAINS, {"product_ids": ids}).all()
    schedules = load_schedules(connection, {row[-2] for row in rows if row[-2] is not None})
    for *values, schedule_id, product_id in rows:
        chains[product_id].append((*values, schedules.get(schedule_id)))
    return chains


@contextmanager
def readable(place: str) -> Iterator[None]:
    """Report a stored value that no column kind or entity accepts."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise StorageError(place, f"it holds a value that can't be read: {error}") from error
