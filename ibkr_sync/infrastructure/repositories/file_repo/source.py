"""Futures products from a file in our own export format."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import SAMPLE_MARKER, Future, Origin
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.errors import ProductLookupError, SourceFileError
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture, AcquiredLadders
from ibkr_sync.domain.evidence.file_evidence import product_in_file
from ibkr_sync.domain.evidence.last_trade import LastTrade, SettledLastTrade, settle_last_trade
from ibkr_sync.domain.evidence.remarks import new_remarks
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.future_source import Acquisition, FutureSource, KnownFutures
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.domain.selection.product_choice import choose_product
from ibkr_sync.infrastructure.repositories.file_repo.export_file import (
    ExportedFile,
    read_export_file,
)

F = TypeVar("F", bound=Future)


class FileFutureSource(FutureSource[F], Generic[F]):
    """Takes products from a file.

    The file is read and validated whole before anything is given; what is wrong in one of its
    products refuses all of them. Its products have the origin FILE, sample data stays SAMPLE.
    """

    origin = Origin.FILE

    def __init__(self, path: Path, entity: type[F], clock: Callable[[], datetime]) -> None:
        """Take what was built elsewhere; the file is not opened before the first request."""
        self.name = str(path)
        self._path = path
        self._entity = entity
        self._clock = clock

    def acquire(
        self, queries: Iterable[FutureQuery], policy: SyncPolicy, known: KnownFutures
    ) -> Iterator[Acquisition[F]]:
        """Read the file at once, then find the products; a product that it lacks is a failure."""
        del policy  # a file is read the same way whatever is wanted
        file = read_export_file(self._path)
        return self._acquisitions(queries, file, known)

    def _acquisitions(
        self, queries: Iterable[FutureQuery], file: ExportedFile, known: KnownFutures
    ) -> Iterator[Acquisition[F]]:
        for query in queries:
            yield query, self._find(query, file.products, known)
        due = (file.ladders.get(rule_id) for rule_id in known.due_market_rules())
        yield AcquiredLadders(rules=tuple(rule for rule in due if rule is not None))

    def _find(
        self, query: FutureQuery, products: tuple[Future, ...], known: KnownFutures
    ) -> AcquiredFuture[F] | ProductLookupError | SourceFileError:
        """The one product of the file that was asked for and may be stored."""
        matching = [product for product in products if query.matches(product)]
        try:
            product = choose_product(
                query, matching, self._entity, place=self.name, now=self._clock()
            )
        except ProductLookupError as error:
            return error
        if not product.contracts:
            return SourceFileError(self.name, str(product.key), "has no contracts")
        origin = Origin.SAMPLE if _is_sample(product) else Origin.FILE
        absent = (contract.con_id for contract in product.contracts if contract.is_absent)
        settled = _settled(product_in_file(product, origin), known)
        return AcquiredFuture(product=settled, called_absent=frozenset(absent))


def _settled(product: F, known: KnownFutures) -> F:
    """The product with dates and instants of last trades that agree, and remarks on the others."""
    settled = {other.con_id: _settle(other) for other in product.contracts}
    odd = [str(con_id) for con_id, value in settled.items() if value.is_contradicted]
    found = known.find_named(odd) if odd else ()
    stored = {other.con_id: other.last_trade_date for one in found for other in one.contracts}
    chain: list[FuturesContract] = []
    for contract in product.contracts:
        last_trade = settled[contract.con_id]
        believed = last_trade.given(stored.get(contract.con_id))
        remarks = contract.remarks
        if last_trade.is_contradicted:
            remark = _contradiction(contract, last_trade)
            remarks = (*remarks, *new_remarks(remarks, [remark]))
        chain.append(
            dataclasses.replace(
                contract,
                last_trade_date=believed.date,
                last_trade_at=believed.at,
                remarks=remarks,
            )
        )
    return dataclasses.replace(product, contracts=tuple(chain))


def _contradiction(contract: FuturesContract, last_trade: SettledLastTrade) -> Remark:
    days = " or ".join(map(str, last_trade.dates))
    return Remark(
        kind=RemarkKind.DATES_DISAGREE,
        field="last_trade_at",
        value=str(contract.last_trade_at),
        reason=f"it is {days}",
    )


def _settle(contract: FuturesContract) -> SettledLastTrade:
    at = contract.last_trade_at
    stated = LastTrade(date=contract.last_trade_date if at is None else at.date(), at=at)
    return settle_last_trade(stated, contract.time_zone, contract.last_trade_date)


def _is_sample(product: Future) -> bool:
    names = (contract.long_name or "" for contract in product.contracts)
    return product.origin is Origin.SAMPLE or any(name.endswith(SAMPLE_MARKER) for name in names)
