"""Bringing what is named up to date: products, and contracts of them."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

from example_products import DECEMBER, ES, MARCH, NOW
from fakes.catalogue import FakeCatalogue, a_product
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from fakes.history import InMemoryHistory
from fakes.pins import InMemoryPins
from fakes.source import FakeSource
from ibkr_sync.application.resolution.symbol_resolver import SymbolResolver
from ibkr_sync.application.services.futures import FuturesService
from ibkr_sync.application.services.get import GetReport, GetService
from ibkr_sync.application.services.history import HistoryService
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import (
    AmbiguousContractError,
    AmbiguousProductError,
    ContractNotFoundError,
    GatewayUnreachableError,
    RunInterrupted,
    UnreachableReason,
)
from ibkr_sync.domain.naming.limits import Limits
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.repositories.delegating import DelegatingFutureRepository
from one_case import one_case

NQ = dataclasses.replace(
    ES,
    symbol="NQ",
    trading_class="NQ",
    contracts=(dataclasses.replace(MARCH, con_id=7, symbol="NQ", local_symbol="NQH7"),),
)
UNREACHABLE = GatewayUnreachableError("127.0.0.1", 4002, UnreachableReason.REFUSED, "refused")
DAX = [
    a_product(symbol="DAX", exchange="EUREX", currency="EUR", trading_class=trading_class)
    for trading_class in ("FDAX", "FDXM")
]


class Rig:
    """A service on what is kept in memory, with a source that knows ES and NQ."""

    def __init__(self, *, asks_source: bool = True) -> None:
        clock = FakeClock(NOW)
        self.local: InMemoryFutureRepository[Future] = InMemoryFutureRepository(Future, clock)
        self.source = FakeSource(ES, NQ)
        delegating = DelegatingFutureRepository(self.source, self.local, clock)
        rows = [a_product(symbol="ES", trading_class="ES"), *DAX]
        names = SymbolResolver(FakeCatalogue(rows=rows), InMemoryPins(), self.local, clock)
        futures = FuturesService(delegating, names, self.local)
        self.service = GetService(
            futures, HistoryService(InMemoryHistory(self.local)), clock, asks_source=asks_source
        )

    def get(self, *symbols: str) -> GetReport:
        getting = self.service.begin(symbols, Limits(), SyncPolicy())
        list(getting)
        return getting.report()


def test_products_are_reported_as_they_were_named() -> None:
    report = Rig().get("NQ", "ES", "NQ")
    assert [update.product.symbol for update in report.updates] == ["NQ", "ES"]
    assert (report.errors, report.has_success) == ([], True)


def test_a_contract_is_found_in_the_chain_that_was_received() -> None:
    report = Rig().get("ESH7")
    ((words, match),) = report.contracts
    assert (words.text, match.contract.con_id) == ("ESH7", MARCH.con_id)
    assert report.has_success


def test_a_size_says_which_contract_is_named() -> None:
    rig = Rig()
    mini = dataclasses.replace(DECEMBER, con_id=8, multiplier=Decimal(5))
    rig.source.products = [dataclasses.replace(ES, contracts=(*ES.contracts, mini))]
    (vague,) = rig.get("ES 202612").errors
    assert isinstance(vague, AmbiguousContractError)
    clear = rig.service.begin(["ES 202612"], Limits(multiplier=Decimal(5)), SyncPolicy())
    list(clear)
    ((_, match),) = clear.report().contracts
    assert match.contract.con_id == mini.con_id


def test_contracts_that_are_absent_are_no_failure_of_what_else_was_stored() -> None:
    rig = Rig()
    report = rig.get("ES 201512", "ES 201412", "NQ")
    assert [type(error) for error in report.errors] == [ContractNotFoundError] * 2
    assert [key.symbol for key in rig.local.products] == ["ES", "NQ"]
    assert report.has_success


@one_case(
    ("symbols", "has_success"),
    [
        (("ES 201512",), False),
        (("ES 201512", "ES 201412"), False),
        (("ES 201512", "ES"), True),
        (("ES 201512", "ESH7"), True),
        (("NOSUCH", "ES 201512"), False),
    ],
)
def test_success_is_of_what_was_named(symbols: tuple[str, ...], has_success: bool) -> None:
    report = Rig().get(*symbols)
    assert report.errors
    assert report.has_success is has_success


def test_a_symbol_that_several_products_share_fails_before_the_others_are_asked() -> None:
    report = Rig(asks_source=False).get("NQ", "DAX")
    failed, done = report.outcomes
    assert [failed] == report.failures
    assert [done] == report.updates
    assert isinstance(report.failures[0].error, AmbiguousProductError)


@one_case("end", [UNREACHABLE, RunInterrupted(2)])
def test_what_ends_the_run_is_raised_and_leaves_a_report_of_what_was_stored(
    end: BaseException,
) -> None:
    rig = Rig()
    rig.source.dies_of["NQ"] = end
    getting = rig.service.begin(("ES", "NQ"), Limits(), SyncPolicy())
    with pytest.raises(type(end)):
        list(getting)
    report = getting.report()
    assert [update.product.symbol for update in report.updates] == ["ES"]
    assert [query.symbol for query in report.unasked] == ["NQ"]
