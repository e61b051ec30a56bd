"""From a complete reply to the product that is meant, with the frames it was read from."""

from __future__ import annotations

import logging
from typing import Generic, TypeVar

from ibkr_sync.catalogue import Catalogue, iana_zone
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import InvalidReplyError, ProductNotFoundError
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture, Evidence
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.selection.product_choice import choose_product
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.replies import (
    ContractReply,
    ContractRequest,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.assembly import assemble_product
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.hours import (
    report_unreadable_hours,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.rules import (
    group_by_product,
    merge_rows,
    refuse_foreign_rows,
    refuse_mixed_currencies,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import translate_row

_log = logging.getLogger(__name__)

F = TypeVar("F", bound=Future)

PLACE = "IBKR"
"""Where a product was looked for, as messages call it."""


class ReplyReader(Generic[F]):
    """Translates, checks and groups the rows of a reply by our rules."""

    def __init__(self, entity: type[F], catalogue: Catalogue) -> None:
        self._entity = entity
        self._catalogue = catalogue

    def read(self, query: FutureQuery, reply: ContractReply) -> AcquiredFuture[F]:
        """The one product of the reply that the query means.

        Raises InvalidReplyError for a row that is not valid or was not asked for, and
        ProductLookupError when no product, or not one alone, is meant.
        """
        _report_unknown_zones(reply)
        translated = [(translate_row(row), row.frame) for row in reply.rows]
        refuse_foreign_rows(reply.request, (contract for contract, _ in translated))
        groups = group_by_product(merge_rows(contract for contract, _ in translated))
        products = [
            assemble_product(key, contracts, self._catalogue, reply.received_at)
            for key, contracts in groups.items()
        ]
        meant = [product for product in products if query.matches(product)]
        if not meant:
            offered = ", ".join(str(product.key) for product in products) or "nothing"
            raise ProductNotFoundError(query.symbol, PLACE, f"IBKR answered {offered}")
        product = choose_product(query, meant, self._entity, place=PLACE, now=reply.received_at)
        refuse_mixed_currencies(product.contracts)
        report_unreadable_hours(product.contracts)
        members = {contract.con_id for contract in product.contracts}
        frames = (frame for contract, frame in translated if contract.con_id in members)
        evidence = Evidence(
            received_at=reply.received_at,
            server_version=reply.server_version,
            client_version=reply.client_version,
            frames=(*frames, reply.end_frame),
        )
        return AcquiredFuture(
            product=product,
            others=tuple(each for each in products if each is not product and _is_sound(each)),
            scope=_scope_of(reply.request),
            evidence=evidence,
        )

    def read_contract(self, reply: ContractReply) -> Future | None:
        """Read the one contract of a reply to a question by conId, as its product's only one.

        None where it was answered without a row, or by rows of several products.
        """
        contracts = merge_rows(translate_row(row) for row in reply.rows)
        refuse_foreign_rows(reply.request, contracts)
        groups = group_by_product(contracts)
        if len(groups) != 1:
            return None
        ((key, chain),) = groups.items()
        return assemble_product(key, chain, self._catalogue, reply.received_at)


def _scope_of(request: ContractRequest) -> FutureQuery | None:
    if not request.symbol:
        return None
    return FutureQuery(symbol=request.symbol, exchange=request.exchange or None)


def _is_sound(product: Future) -> bool:
    try:
        refuse_mixed_currencies(product.contracts)
    except InvalidReplyError:
        return False
    return True


def _report_unknown_zones(reply: ContractReply) -> None:
    """Without a zone dates are still right, but nobody can tell when trading ends."""
    for zone_id in sorted({str(row.details.timeZoneId) for row in reply.rows} - {""}):
        if iana_zone(zone_id) is None:
            _log.warning("%s: unknown time zone %r", reply.request, zone_id[:40])
