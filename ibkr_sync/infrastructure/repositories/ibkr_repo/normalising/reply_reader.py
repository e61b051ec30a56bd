"""From a complete reply to the product that was asked for, with the reply itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from ibkr_sync.catalogue import Catalogue
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.remarks import Remark
from ibkr_sync.domain.errors import InvalidReplyError, ProductNotFoundError
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture, Evidence
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.selection.product_choice import choose_product
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ContractReply
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.product_assembly import (
    assemble_product,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.product_grouping import (
    refuse_mixed_currencies,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.row_reader import (
    FindNamed,
    ReadRows,
    no_rows_stored,
    read_rows,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import TranslatedRow

F = TypeVar("F", bound=Future)

PLACE = "IBKR"
"""Where a product was looked for, as messages call it."""


class ReplyReader(Generic[F]):
    """Translates, checks and groups the rows of a reply by our rules."""

    def __init__(self, entity: type[F], catalogue: Catalogue) -> None:
        self._entity = entity
        self._catalogue = catalogue

    def read(
        self, query: FutureQuery, reply: ContractReply, find_named: FindNamed = no_rows_stored
    ) -> AcquiredFuture[F]:
        """The one product of the reply that the query means.

        `find_named` gives what is stored. Raises InvalidReplyError for a row that can't be
        identified or was not asked for, or where no row can be stored, and ProductLookupError
        when no product, or not one alone, was asked for.
        """
        read = read_rows(reply, find_named)
        products = [
            assemble_product(key, contracts, self._catalogue, reply.received_at)
            for key, contracts in read.products.items()
        ]
        matching = [product for product in products if query.matches(product)]
        if not matching:
            _refuse_unstorable(query, read)
            offered = ", ".join(str(product.key) for product in products) or "nothing"
            raise ProductNotFoundError(query.symbol, PLACE, f"IBKR answered {offered}")
        product = choose_product(query, matching, self._entity, place=PLACE, now=reply.received_at)
        refuse_mixed_currencies(product.contracts)
        members = {contract.con_id: contract for contract in product.contracts}
        unstorable = [row for row in read.rows if _is_unstorable(row, product, members)]
        return AcquiredFuture(
            product=dataclasses.replace(product, remarks=tuple(_remarks(unstorable))),
            evidence=evidence_of(reply),
            others=tuple(other for other in products if other is not product and _is_sound(other)),
            scope=scope_of(reply.request),
        )

    def read_contract(
        self, reply: ContractReply, find_named: FindNamed = no_rows_stored
    ) -> Future | None:
        """Read the one contract of a reply to a question by conId, as its product's only one.

        None where it was answered without a row, or by rows of several products.
        """
        products = read_rows(reply, find_named).products
        if len(products) != 1:
            return None
        ((key, chain),) = products.items()
        return assemble_product(key, chain, self._catalogue, reply.received_at)


def evidence_of(reply: ContractReply) -> Evidence:
    """A reply as it is kept."""
    return Evidence(
        received_at=reply.received_at,
        server_version=reply.server_version,
        client_version=reply.client_version,
        frames=reply.frames,
        symbol=reply.request.symbol or None,
        exchange=reply.request.exchange or None,
        include_expired=reply.request.include_expired,
    )


def scope_of(request: ContractRequest) -> FutureQuery | None:
    """What a question covered; None for one about a single contract."""
    if not request.symbol:
        return None
    return FutureQuery(symbol=request.symbol, exchange=request.exchange or None)


def _is_sound(product: Future) -> bool:
    try:
        refuse_mixed_currencies(product.contracts)
    except InvalidReplyError:
        return False
    return True


def _is_unstorable(
    row: TranslatedRow, product: Future, members: Mapping[int, FuturesContract]
) -> bool:
    """Whether a row is of the product, as far as it says, and makes no contract of it."""
    if row.contract is not None or row.con_id in members:
        return False
    classes = {member.trading_class for member in members.values()}
    return row.exchange in (None, product.exchange) and (
        row.trading_class is None or row.trading_class in classes
    )


def _remarks(unstorable: Iterable[TranslatedRow]) -> Iterator[Remark]:
    """The remarks on rows that make no contract, each with the name of the contract."""
    for row in unstorable:
        yield from (dataclasses.replace(remark, contract=row.name) for remark in row.remarks)


def _refuse_unstorable(query: FutureQuery, read: ReadRows) -> None:
    """Raise InvalidReplyError where what was asked for may be in a row that makes no contract."""
    for row in read.rows:
        may_be_wanted = query.exchange in (None, row.exchange) or row.exchange is None
        if row.contract is None and may_be_wanted:
            first = row.remarks[0]
            raise InvalidReplyError(row.name, first.field, first.value, first.reason or "")
