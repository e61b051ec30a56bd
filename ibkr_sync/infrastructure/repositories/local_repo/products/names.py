"""Stored products by their names; every function works inside the caller's transaction."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import BindParameter, Text, bindparam, cast, select, union
from sqlalchemy.engine import Connection

from ibkr_sync.domain.entities.futures import ChainExtent, Future, ProductKey
from ibkr_sync.domain.naming.renaming import FormerName
from ibkr_sync.domain.naming.stored_names import StoredNames
from ibkr_sync.infrastructure.repositories.local_repo.database.bulk_writes import bulk_batches
from ibkr_sync.infrastructure.repositories.local_repo.database.snapshot import (
    loaded_in,
    read_once,
)
from ibkr_sync.infrastructure.repositories.local_repo.products.mapping import unstorable_reason
from ibkr_sync.infrastructure.repositories.local_repo.products.reads import (
    read_by_ids,
    readable,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    contracts,
    former_names,
    products,
)

_CON_ID = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)

_WORDS: BindParameter[Any] = bindparam("words", expanding=True)
_NAMES_A_WORD = 5
"""How often the statement below names a word."""
_IDS = union(
    *(
        select(name, name.table.c[product_id]).where(name.in_(_WORDS))
        for name, product_id in (
            (products.c.symbol, "id"),
            (products.c.trading_class, "id"),
            (contracts.c.trading_class, "product_id"),
            (contracts.c.local_symbol, "product_id"),
        )
    ),
    select(cast(contracts.c.con_id, Text), contracts.c.product_id).where(
        contracts.c.con_id.in_(bindparam("con_ids", expanding=True))
    ),
)
_NAMES = (
    select(
        products.c.id,
        *(products.c[name] for name in ProductKey._fields),
        *(products.c[name] for name in ("asset_class", "currency", "name", "origin")),
        *(products.c[name] for name in ("synced_at", "multiplier")),
        contracts.c.trading_class,
        contracts.c.multiplier,
    )
    .outerjoin_from(products, contracts, contracts.c.product_id == products.c.id)
    .where(products.c.id.in_(bindparam("ids", expanding=True)))
    .group_by(products.c.id, contracts.c.trading_class, contracts.c.multiplier)
)
_FORMER_NAMES = (
    select(
        *(former_names.c[name] for name in ("symbol", "exchange", "trading_class", "until")),
        *(products.c[name] for name in ("symbol", "exchange", "trading_class")),
    )
    .join(products, products.c.id == former_names.c.product_id)
    .order_by(former_names.c.id)
)


def read_names(connection: Connection, words: Collection[str], place: str) -> list[StoredNames]:
    """Give the names of products that have one of the words for a name, by key.

    However long their chains are, a row for each class and size of contracts is all that is read.
    Raises StorageError for a row that holds what no entity can.
    """
    loaded = loaded_in(connection, StoredNames)
    wanted = _ids_named(connection, words)
    with readable(place):
        for some in bulk_batches(sorted(wanted - loaded.keys())):
            loaded.update(_names(connection, some))
    return sorted((loaded[product_id] for product_id in wanted), key=lambda names: names.key)


def read_named(connection: Connection, words: Collection[str], place: str) -> list[Future]:
    """Give the products that have one of the words for a name, with their chains, by key.

    Raises StorageError for a row that holds what no entity can.
    """
    return [
        stored.product for stored in read_by_ids(connection, _ids_named(connection, words), place)
    ]


def read_former_names(connection: Connection, words: Collection[str]) -> list[FormerName]:
    """Give the former names of products that have one of the words for symbol or class."""
    asked = set(words)
    return [
        name
        for name in read_once(connection, _former_names)
        if not asked.isdisjoint((name.former.symbol, name.former.trading_class))
    ]


def _ids_named(connection: Connection, words: Collection[str]) -> frozenset[int]:
    """The ids of products that a word names: themselves, or one of their contracts."""
    known = loaded_in(connection, frozenset[int])
    new = sorted(word for word in words if word not in known and not unstorable_reason(word))
    for some in bulk_batches(new, named=_NAMES_A_WORD):
        con_ids = [int(word) for word in some if _CON_ID.fullmatch(word)]
        ids: defaultdict[str, set[int]] = defaultdict(set)
        for word, product_id in connection.execute(_IDS, {"words": some, "con_ids": con_ids}):
            ids[word].add(product_id)
        known.update({word: frozenset(ids[word]) for word in some})
    return frozenset[int]().union(*(known.get(word, ()) for word in words))


def _names(connection: Connection, ids: Sequence[int]) -> Iterator[tuple[int, StoredNames]]:
    rows: defaultdict[int, list[Sequence[Any]]] = defaultdict(list)
    for product_id, *values in connection.execute(_NAMES, {"ids": ids}):
        rows[product_id].append(values)
    for product_id, alike in rows.items():
        symbol, exchange, trading_class, asset_class, currency, name, origin, *rest = alike[0]
        synced_at, own_size, *_ = rest
        classes = frozenset(row[-2] for row in alike) - {None}
        sizes = frozenset(row[-1] for row in alike) if classes else frozenset({own_size})
        yield (
            product_id,
            StoredNames(
                key=ProductKey(symbol, exchange, trading_class),
                asset_class=asset_class,
                currency=currency,
                name=name,
                origin=origin,
                classes=classes,
                sizes=sizes - {None},
                chain_extent=ChainExtent.of(
                    origin, synced_at=synced_at, has_contracts=bool(classes)
                ),
            ),
        )


def _former_names(connection: Connection) -> list[FormerName]:
    return [
        FormerName(former=ProductKey(*row[:3]), until=row[3], current=ProductKey(*row[4:]))
        for row in connection.execute(_FORMER_NAMES)
    ]
