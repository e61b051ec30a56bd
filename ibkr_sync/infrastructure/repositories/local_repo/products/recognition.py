"""How a reply is recognised that says nothing new: by a digest of all that its plan was made of.

With a product stands a digest of the reply that was stored last, of all rows as they stood then,
and of what else a plan depends on. Computed again it shows whether the same plan would come out,
which is known to be empty: what is stored already changes nothing. It says nothing of what is
stored. Where it differs, whatever of both was altered, the reply is read and compared as ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Select, bindparam, func, select, type_coerce, update
from sqlalchemy.engine import Connection
from sqlalchemy.types import NullType

from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.evidence.recognition import (
    LONGEST_RECOGNISED,
    NOT_RECOGNISED,
    KnownReply,
)
from ibkr_sync.domain.ports.catalogue import ProductCatalogue
from ibkr_sync.infrastructure.repositories.local_repo.products import reads
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


_BY_KEY = select(products.c.id, products.c.reply_digest).where(
    *(products.c[name] == bindparam(name) for name in ProductKey._fields)
)
_PRODUCT = select(
    *_as_stored(*(column for column in products.c if column not in set(_ROLLING))),
    select(func.max(delivery_imports.c.id)).scalar_subquery(),
).where(products.c.id == bindparam("product_id"))
_CHAIN: Select[Any] = (
    select(*_as_stored(*contracts.c, *contract_schedules.c, *contract_deliveries.c))
    .select_from(contracts)
    .outerjoin(contract_schedules, contract_schedules.c.con_id == contracts.c.con_id)
    .outerjoin(contract_deliveries, contract_deliveries.c.con_id == contracts.c.con_id)
    .where(contracts.c.product_id == bindparam("product_id"))
    .order_by(contracts.c.con_id)
)
_REMEMBER = update(products).where(products.c.id == bindparam("product"))


class ReplyRecognition:
    """Reads and remembers by what replies are recognised, at the aware instant `now`."""

    def __init__(self, connection: Connection, catalogue: ProductCatalogue, now: datetime) -> None:
        self._connection = connection
        self._catalogue = catalogue
        self._now = now

    def known_reply(self, product: Future) -> KnownReply:
        """Give by what the last reply about a stored product is recognised."""
        found = self._connection.execute(_BY_KEY, product.key._asdict()).one()
        if found.reply_digest is None:
            return NOT_RECOGNISED
        return KnownReply(basis=self._basis(found.id, product), digest=found.reply_digest)

    def remember(
        self, product_id: int, product: Future, digest_on: Callable[[str], str] | None
    ) -> None:
        """Remember the reply that was just stored by its digest on a basis; None for none."""
        digest = None if digest_on is None else digest_on(self._basis(product_id, product))
        self._connection.execute(_REMEMBER, {"product": product_id, "reply_digest": digest})

    def _basis(self, product_id: int, product: Future) -> str:
        is_sample = product.origin is Origin.SAMPLE
        holds_other_sort = reads.holds_real_data if is_sample else reads.holds_sample_data
        depends_on = (
            __version__,
            (self._now.date().toordinal() + product_id) // LONGEST_RECOGNISED,
            holds_other_sort(self._connection),
            self._catalogue.row_of(product.key),
            self._catalogue.row_of_class(product.exchange, product.trading_class),
            *map(tuple, self._connection.execute(_PRODUCT, {"product_id": product_id})),
            *map(tuple, self._connection.execute(_CHAIN, {"product_id": product_id})),
        )
        return hashlib.sha256(repr(depends_on).encode()).hexdigest()
