"""How a reply is recognised that says nothing new: by a digest of all that its plan was made of.

With a product stands the mark of the reply that was stored last: a digest of it, of all rows as
they stood then, and of what else a plan depends on. Computed again it shows whether the same plan
would come out, which is known to be empty: what is stored already changes nothing. It says nothing
of what is stored. Where it differs, whatever of both was altered, the reply is read and compared as
ever.

Three things that a plan is made of are in it in part. Of imports only the newest counts: they are
appended alone, and to read all would take as long as a chain; one that a hand altered is found
within the weeks after which everything is read. Of calendars and time zones the versions of their
packages count. Of hours only which contracts have others than their product: the hours themselves
roll, and are read and written whenever a reply is recognised.

Every product of every night is looked at so: rows are read for several products at once, and
digested as the driver gives them, without being made into entities.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from importlib import metadata
from typing import Any

from sqlalchemy import Column, Select, bindparam, select, type_coerce, update
from sqlalchemy.engine import Connection
from sqlalchemy.types import NullType

from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.evidence.recognition import (
    LONGEST_RECOGNISED,
    RememberedProduct,
    is_current_mark,
)
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.catalogue import ProductCatalogue
from ibkr_sync.infrastructure.repositories.local_repo.products import reads
from ibkr_sync.infrastructure.repositories.local_repo.products.sole_products import SoleProduct
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    contract_deliveries,
    contract_schedules,
    contracts,
    delivery_imports,
    products,
)
from ibkr_sync.version import __version__

_ROLLING = (products.c.synced_at, products.c.schedule_id, products.c.reply_digest)
"""What every reply changes of a product."""


def _as_stored(*columns: Column[Any]) -> list[Any]:
    """Columns whose values are given as the driver gives them: they are digested alone."""
    return [type_coerce(column, NullType()) for column in columns]


def _newest(column: Column[Any]) -> Any:  # noqa: ANN401 - a column of any type
    """A column of the newest import: imports are appended alone, and a lost id comes again."""
    newest = select(*_as_stored(column)).order_by(delivery_imports.c.id.desc()).limit(1)
    return newest.scalar_subquery()


_PRODUCTS: Select[Any] = select(
    products.c.id,
    *_as_stored(*(column for column in products.c if column not in set(_ROLLING))),
    _newest(delivery_imports.c.id),
    _newest(delivery_imports.c.imported_at),
).where(products.c.id.in_(bindparam("ids", expanding=True)))
_CHAINS: Select[Any] = (
    select(
        *_as_stored(contracts.c.product_id, contracts.c.venues),
        *_as_stored(*contracts.c, *contract_schedules.c, *contract_deliveries.c),
    )
    .select_from(contracts)
    .outerjoin(contract_schedules, contract_schedules.c.con_id == contracts.c.con_id)
    .outerjoin(contract_deliveries, contract_deliveries.c.con_id == contracts.c.con_id)
    .where(contracts.c.product_id.in_(bindparam("ids", expanding=True)))
    .order_by(contracts.c.con_id)
)
_REMEMBER = update(products).where(products.c.id == bindparam("product"))


class ReplyRecognition:
    """Reads and remembers by what replies are recognised, at the aware instant `now`."""

    def __init__(self, connection: Connection, catalogue: ProductCatalogue, now: datetime) -> None:
        self._connection = connection
        self._catalogue = catalogue
        self._now = now
        self._holds_other_sort = cache(self._find_other_sort)

    def remembered(
        self, found: Mapping[FutureQuery, SoleProduct]
    ) -> dict[FutureQuery, RememberedProduct]:
        """Give by what the last replies are recognised of those stored products of which they may.

        By the same queries. What has no contracts is not recognised either.
        """
        sole = {
            product.product_id: product
            for product in found.values()
            if is_current_mark(product.mark, self._now)
        }
        if not sole:
            return {}
        rows, chains = self._rows_of(sole)
        known = {
            product_id: RememberedProduct(
                key=product.key,
                origin=product.origin,
                synced_at=product.synced_at,
                market_rule_ids=_rules_in(frozenset(row[1] for row in chains[product_id])),
                basis=self._basis(
                    product.key, product.origin, rows[product_id], chains[product_id]
                ),
                mark=product.mark,
            )
            for product_id, product in sole.items()
            if chains[product_id] and product.mark is not None and product.synced_at is not None
        }
        return {
            query: known[product.product_id]
            for query, product in found.items()
            if product.product_id in known
        }

    def remember(
        self, product_id: int, product: Future, mark_on: Callable[[str], str] | None
    ) -> None:
        """Remember the reply that was just stored by its mark on a basis; None for none."""
        mark = None
        if mark_on is not None:
            rows, chains = self._rows_of([product_id])
            basis = self._basis(product.key, product.origin, rows[product_id], chains[product_id])
            mark = mark_on(basis)
        self._connection.execute(_REMEMBER, {"product": product_id, "reply_digest": mark})

    def _rows_of(
        self, ids: Collection[int]
    ) -> tuple[Mapping[int, Sequence[Any]], Mapping[int, list[Sequence[Any]]]]:
        """The rows of some products and of their chains, by id of the product.

        One of a product begins with its id, one of a contract with its product's and its venues.
        """
        given = {"ids": sorted(ids)}
        found: Iterable[Sequence[Any]] = self._connection.execute(_PRODUCTS, given)
        rows = {row[0]: row for row in found}
        chains: dict[int, list[Sequence[Any]]] = defaultdict(list)
        for row in self._connection.execute(_CHAINS, given).all():
            chains[row[0]].append(tuple(row))
        return rows, chains

    def _basis(
        self, key: ProductKey, origin: Origin, row: Sequence[Any], chain: Sequence[Sequence[Any]]
    ) -> str:
        depends_on: tuple[object, ...] = (
            *_versions(),
            self._period_of(product_id=row[0]),
            self._holds_other_sort(is_sample=origin is Origin.SAMPLE),
            self._catalogue.row_of(key),
            self._catalogue.row_of_class(key.exchange, key.trading_class),
            tuple(row),
            chain,
        )
        return hashlib.sha256(repr(depends_on).encode()).hexdigest()

    def _period_of(self, product_id: int) -> int:
        """Which period it is: products begin theirs on different days, to be read on them."""
        return (self._now.date().toordinal() + product_id) // LONGEST_RECOGNISED

    def _find_other_sort(self, *, is_sample: bool) -> bool:
        holds_other_sort = reads.holds_real_data if is_sample else reads.holds_sample_data
        return holds_other_sort(self._connection)


def _versions() -> tuple[str | None, ...]:
    """Of what decides how a reply is read and which days are business days, besides the reply."""
    return (__version__, *map(_version_of, ("holidays", "tzdata")))


@cache
def _version_of(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # as in a bundle, which has them with its own version
        return None


@lru_cache(64)
def _rules_in(venues: frozenset[str]) -> frozenset[int]:
    """The market rules that venues refer to, given as they are stored."""
    return frozenset(rule for text in venues for _, rule in json.loads(text) if rule is not None)
