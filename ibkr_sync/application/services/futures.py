"""What users ask of futures products; knows the port, and no source."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from ibkr_sync.application.services.past_hours import read_past_hours
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.errors import (
    AmbiguousProductError,
    NeverFetchedError,
    ProductLookupError,
    ProductNotFoundError,
)
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.selection.size_choice import chain_of_size, left_out_by_size

if TYPE_CHECKING:
    from ibkr_sync.application.resolution.symbol_resolver import SymbolResolver
    from ibkr_sync.domain.entities.market_rules import MarketRule
    from ibkr_sync.domain.entities.product_summary import ProductSummary
    from ibkr_sync.domain.naming.notices import Notice, SizeNotice
    from ibkr_sync.domain.naming.renaming import FormerName
    from ibkr_sync.domain.ports.futures import FuturePort
    from ibkr_sync.domain.ports.sent_hours import SentHoursReader
    from ibkr_sync.domain.ports.stored_products import StoredProducts
    from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
    from ibkr_sync.domain.runs.sync_policy import SyncPolicy, SyncRun
    from ibkr_sync.domain.selection.contract_choice import ContractMatch, ContractWords

F_co = TypeVar("F_co", bound=Future, covariant=True)


class FuturesService(Generic[F_co]):
    """Gives products as they are stored, or brings them up to date through the port.

    `names` finds out which product a text stands for.
    """

    def __init__(
        self,
        port: FuturePort[F_co],
        names: SymbolResolver,
        stored: StoredProducts,
        reader: Callable[[], SentHoursReader] | None = None,
    ) -> None:
        self._port = port
        self._stored = stored
        self._reader = reader
        self.names = names

    def show(self, query: FutureQuery) -> F_co:
        """Give one product as it is stored, with its chain (see `FuturePort.get_by_symbol`).

        Without the contracts that the multiplier decides against (see `chain_of_size`). Hours
        that were stored as sent, before they were stored read, are read now.
        """
        try:
            product = chain_of_size(self._port.get_by_symbol(query), query.multiplier)
        except ProductNotFoundError as error:
            raise self.names.with_known(error, query) from error
        return product if self._reader is None else read_past_hours(product, self._reader)

    def show_of_any_size(self, query: FutureQuery) -> F_co:
        """Give the stored product asked for, though its contracts had the multiplier only once."""
        try:
            return self.show(query)
        except ProductNotFoundError:
            if query.multiplier is None:
                raise
            return self.show(dataclasses.replace(query, multiplier=None))

    def chain(self, query: FutureQuery) -> F_co:
        """Give one product as `show` does; raises NeverFetchedError where it has no chain yet."""
        product = self.show(query)
        if product.is_stub:
            raise NeverFetchedError(product.key)
        return product

    def stored(
        self,
        query: FutureQuery,
        note: Callable[[Notice], object],
        *,
        is_past: bool = False,
        needs_chain: bool = True,
    ) -> F_co:
        """Give one stored product, and `note` sizes that are left out; raises as `chain`.

        One that is without a chain yet where none is needed. Of the past it is the one that is
        stored today, whatever sizes it has.
        """
        if is_past:
            product = self.show_of_any_size(query)
        else:
            product = self.chain(query) if needs_chain else self.show(query)
        is_of_size = not is_past or query.multiplier in product.sizes
        notice = self.size_notice(query, product.key) if is_of_size else None
        if notice is not None:
            note(notice)
        return product

    def size_notice(self, query: FutureQuery, product: ProductKey) -> SizeNotice | None:
        """What the multiplier asked for leaves out of a stored product; None if it is nothing."""
        if query.multiplier is None:
            return None
        whole = self._port.get_by_symbol(FutureQuery(**product._asdict()))
        left_out = left_out_by_size(whole, query.multiplier)
        others = sum(contract.multiplier != query.multiplier for contract in whole.contracts)
        if not others:
            return None
        from ibkr_sync.domain.naming.notices import SizeNotice

        return SizeNotice(
            product=product,
            multiplier=query.multiplier,
            left_out=len(left_out),
            kept=others - len(left_out),
        )

    def show_contract(
        self, query: FutureQuery, words: ContractWords, now: datetime
    ) -> tuple[F_co, ContractMatch]:
        """Give one stored contract with its product (see `find_contract`, and `chain`)."""
        from ibkr_sync.domain.selection.contract_choice import find_contract

        product = self.chain(query)
        return product, find_contract(product, words, now)

    def get(self, query: FutureQuery, policy: SyncPolicy) -> FutureUpdate[F_co]:
        """Bring one product up to date (see `FuturePort.get_or_create`)."""
        return self._port.get_or_create(query, policy)

    def get_many(
        self,
        queries: Iterable[FutureQuery],
        policy: SyncPolicy,
        *,
        on_run: Callable[[SyncRun], object] | None = None,
    ) -> Iterator[FutureUpdate[F_co] | FutureFailure]:
        """Bring each product up to date once, however often it is named.

        Yields an outcome per product as it is ready (see `FuturePort.get_or_create_many`).
        """
        from ibkr_sync.domain.runs.future_update import FutureFailure

        once = dict.fromkeys(queries)
        for outcome in self._port.get_or_create_many(once, policy, on_run=on_run):
            yield self._explained(outcome) if isinstance(outcome, FutureFailure) else outcome

    def _explained(self, failure: FutureFailure) -> FutureFailure:
        """The failure with what else is known of the name that a source was asked for."""
        error = failure.error
        if isinstance(error, ProductNotFoundError):
            found = self.names.with_known(error, failure.query)
            return dataclasses.replace(failure, error=found)
        if isinstance(error, AmbiguousProductError):
            error.is_pinnable = self.names.can_pin(error)
        return failure

    def list_products(self) -> tuple[ProductSummary, ...]:
        """Summarise every stored product, by symbol."""
        return self._port.list_products()

    def known_exchange(self, text: str) -> str:
        """Give the code of an exchange that is known (see `SymbolResolver.exchange`)."""
        stored = {product.key.exchange for product in self._port.list_products()}
        return self.names.exchange(text, stored)

    def former_names(self, symbols: Collection[str]) -> tuple[FormerName, ...]:
        """Give what stored products were called before (see `StoredProducts`)."""
        return self._stored.find_former_names(symbols)

    def stored_keys(
        self, queries: Iterable[FutureQuery]
    ) -> tuple[tuple[ProductKey, ...], list[FutureFailure]]:
        """Give the stored products that are asked for, each once, and why others are not there."""
        from ibkr_sync.domain.runs.future_update import FutureFailure

        keys: dict[ProductKey, None] = {}
        failures: list[FutureFailure] = []
        for query in queries:
            try:
                keys[self.show(query).key] = None
            except ProductLookupError as error:
                failures.append(FutureFailure(query=query, error=error))
        return tuple(keys), failures

    def is_sample(self, product: ProductKey) -> bool:
        """Whether a stored product is sample data, and with it all of the database."""
        symbol, exchange, trading_class = product
        query = FutureQuery(symbol=symbol, exchange=exchange, trading_class=trading_class)
        return self.show(query).origin is Origin.SAMPLE

    def market_rules(self, ids: Collection[int]) -> tuple[MarketRule, ...]:
        """Give the tick ladders that are stored under these ids; raises StorageError."""
        return self._stored.find_market_rules(ids)
