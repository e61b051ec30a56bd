"""The stored products that are to be written for another system, one after the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Self

from ibkr_sync.application.services.deliveries.delivery import DeliveryService
from ibkr_sync.application.services.futures import FuturesService
from ibkr_sync.application.services.history import HistoryService
from ibkr_sync.domain.entities.catalogue import CatalogueProduct, ProductFacts
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.exported_product import ExportedProduct
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.errors import NeverFetchedError, NothingToExportError, NotYetKnownError
from ibkr_sync.domain.history.moments import PastMoment
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.catalogue import ProductCatalogue
from ibkr_sync.domain.selection.contract_choice import ContractWords, find_contract
from ibkr_sync.domain.selection.size_choice import chain_of_size


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedProduct:
    """A stored product that is to be exported: whole, of one size, or one contract of it."""

    key: ProductKey
    multiplier: Decimal | None = None
    contract: ContractWords | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportMoment:
    """As of when products are exported.

    Attributes:
        at: the aware instant that states refer to.
        as_of: the past day or instant that was asked for; None for what is stored now.
    """

    at: datetime
    as_of: date | datetime | None = None

    @classmethod
    def of(cls, past: PastMoment | None, now: datetime) -> Self:
        """The moment of the past that was named, else the aware instant `now`."""
        return cls(at=now) if past is None else cls(at=past.at, as_of=past.day or past.at)


class ExportService:
    """Gives products one by one, so that hundreds of chains are never held at once.

    `catalogue` is what is known without asking a source.
    """

    def __init__(
        self,
        futures: FuturesService[Future],
        history: HistoryService,
        deliveries: DeliveryService,
        catalogue: ProductCatalogue,
        facts: Callable[[str, str, str | None], ProductFacts],
    ) -> None:
        """Take `facts`, which knows them by exchange, trading class and category."""
        self._futures = futures
        self._history = history
        self._deliveries = deliveries
        self.catalogue = catalogue
        self._facts = facts

    def products(
        self, wanted: Collection[WantedProduct] | None, moment: ExportMoment
    ) -> Iterator[ExportedProduct]:
        """Give the products that are wanted, or all, by exchange, symbol and trading class.

        Of all, those that nobody knew at the moment are left out, and those of which only the
        catalogue knows. Raises NothingToExportError where none is left, ProductLookupError for one
        that is wanted, or StorageError.
        """
        if wanted is None:
            yield from self._all(moment)
            return
        for key in sorted({other.key for other in wanted}, key=_in_order):
            yield self._exported(key, [other for other in wanted if other.key == key], moment)

    def _all(self, moment: ExportMoment) -> Iterator[ExportedProduct]:
        is_empty = True
        keys = (summary.key for summary in self._futures.list_products())
        for key in sorted(keys, key=_in_order):
            try:
                exported = self._exported(key, (), moment)
            except (NeverFetchedError, NotYetKnownError):
                continue
            if not exported.product.is_stub:
                is_empty = False
                yield exported
        if is_empty:
            raise NothingToExportError(None if moment.as_of is None else moment.at)

    def _exported(
        self, key: ProductKey, wanted: Collection[WantedProduct], moment: ExportMoment
    ) -> ExportedProduct:
        whole = self._product(key, moment)
        product = _narrowed(whole, wanted, moment.at)
        row = self.catalogue.row_of_class(key.exchange, key.trading_class)
        row = row or self.catalogue.row_of(key)
        return ExportedProduct(
            product=product,
            row=row,
            facts=self._facts(key.exchange, key.trading_class, _category(product, row)),
            ladders=self._ladders(product, moment),
            is_whole=len(product.contracts) == len(whole.contracts),
        )

    def _product(self, key: ProductKey, moment: ExportMoment) -> Future:
        if moment.as_of is None:
            return self._deliveries.dated(self._futures.chain(FutureQuery(**key._asdict())))
        past = self._history.as_of(key, moment.as_of)
        return self._deliveries.dated_as_of(past, moment.at)

    def _ladders(self, product: Future, moment: ExportMoment) -> dict[int, MarketRule]:
        ids = {rule_id for contract in product.contracts for rule_id in contract.exchanges_by_rule}
        if moment.as_of is None:
            found = self._futures.market_rules(ids)
        else:
            found = self._history.market_rules(ids, moment.at)
        return {rule.market_rule_id: rule for rule in found}


def _in_order(key: ProductKey) -> tuple[str, str, str]:
    return key.exchange, key.symbol, key.trading_class


def _category(product: Future, row: CatalogueProduct | None) -> str | None:
    return product.category or (row.category if row else None)


def _narrowed(whole: Future, wanted: Collection[WantedProduct], now: datetime) -> Future:
    """The product with the contracts that any of those wanted of it asks for."""
    if not wanted:
        return whole
    con_ids = {contract.con_id for other in wanted for contract in _chain(whole, other, now)}
    chain = tuple(contract for contract in whole.contracts if contract.con_id in con_ids)
    return dataclasses.replace(whole, contracts=chain)


def _chain(whole: Future, wanted: WantedProduct, now: datetime) -> tuple[FuturesContract, ...]:
    product = chain_of_size(whole, wanted.multiplier)
    if wanted.contract is None:
        return product.contracts
    return (find_contract(product, wanted.contract, now).contract,)
