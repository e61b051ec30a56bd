"""The service on a repository in memory: it adds one thing, that a product is asked for once."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

from example_products import DECEMBER, ES, MARCH, NOW
from fakes.catalogue import FakeCatalogue
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from fakes.pins import InMemoryPins
from ibkr_sync.application.resolution.symbol_resolver import SymbolResolver
from ibkr_sync.application.services.futures import FuturesService
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.errors import NeverFetchedError, ProductNotFoundError
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.domain.selection.contract_choice import ContractWords

ES_QUERY = FutureQuery(symbol="ES")
NQ_QUERY = FutureQuery(symbol="NQ")
NQ = dataclasses.replace(ES, symbol="NQ", trading_class="NQ", contracts=())


@pytest.fixture
def repository() -> InMemoryFutureRepository[Future]:
    """Knows ES and NQ from its catalogue, and holds neither."""
    known = [
        dataclasses.replace(future, origin=Origin.CATALOGUE, contracts=(), synced_at=None)
        for future in (ES, NQ)
    ]
    return InMemoryFutureRepository(Future, FakeClock(), FakeCatalogue(known))


@pytest.fixture
def service(repository: InMemoryFutureRepository[Future]) -> FuturesService[Future]:
    names = SymbolResolver(FakeCatalogue(), InMemoryPins(), repository, FakeClock())
    return FuturesService(repository, names, repository)


def test_what_is_not_stored_is_not_shown(service: FuturesService[Future]) -> None:
    with pytest.raises(ProductNotFoundError):
        service.show(ES_QUERY)


def test_what_was_brought_up_to_date_is_shown_and_listed(
    service: FuturesService[Future],
) -> None:
    update = service.get(ES_QUERY, SyncPolicy())
    assert service.show(ES_QUERY) == update.product
    assert [summary.key for summary in service.list_products()] == [ES.key]


def test_what_only_the_catalogue_knows_has_no_chain(service: FuturesService[Future]) -> None:
    service.get(ES_QUERY, SyncPolicy())

    for ask in (
        lambda: service.chain(ES_QUERY),
        lambda: service.show_contract(ES_QUERY, ContractWords(text="ESZ6"), NOW),
    ):
        with pytest.raises(NeverFetchedError) as caught:
            ask()
        assert caught.value.product == ES.key


def test_a_size_that_is_asked_for_decides_among_equals_and_hides_no_month(
    service: FuturesService[Future], repository: InMemoryFutureRepository[Future]
) -> None:
    twin = dataclasses.replace(DECEMBER, con_id=9, multiplier=Decimal(5))
    repository.products[ES.key] = dataclasses.replace(ES, contracts=(*ES.contracts, twin))
    query = dataclasses.replace(ES_QUERY, multiplier=DECEMBER.multiplier)
    shown = service.show(query)
    assert shown.contracts == ES.contracts
    kept = sum(contract.multiplier != query.multiplier for contract in ES.contracts)
    notice = service.size_notice(query, ES.key)
    assert notice is not None
    assert (notice.left_out, notice.kept) == (1, kept)
    assert service.size_notice(ES_QUERY, ES.key) is None


def test_what_had_another_size_once_is_given_whatever_size_it_has(
    service: FuturesService[Future], repository: InMemoryFutureRepository[Future]
) -> None:
    repository.products[ES.key] = ES
    gone = dataclasses.replace(ES_QUERY, multiplier=Decimal(7))
    with pytest.raises(ProductNotFoundError):
        service.show(gone)
    assert service.show_of_any_size(gone).contracts == ES.contracts
    for query in (NQ_QUERY, dataclasses.replace(NQ_QUERY, multiplier=Decimal(7))):
        with pytest.raises(ProductNotFoundError):
            service.show_of_any_size(query)


def test_a_failure_of_one_product_is_raised_and_of_many_is_given(
    service: FuturesService[Future],
) -> None:
    unknown = FutureQuery(symbol="NOSUCH")
    with pytest.raises(ProductNotFoundError):
        service.get(unknown, SyncPolicy())
    failed, done = service.get_many([unknown, ES_QUERY], SyncPolicy())
    assert isinstance(failed, FutureFailure)
    assert isinstance(done, FutureUpdate)


def test_what_is_not_found_is_reported_with_what_was_asked_for_and_what_is_known(
    service: FuturesService[Future],
) -> None:
    service.get(ES_QUERY, SyncPolicy())
    asked = FutureQuery(symbol="ES", exchange="EUREX", currency="EUR")

    with pytest.raises(ProductNotFoundError) as shown:
        service.show(asked)
    (fetched,) = service.get_many([asked], SyncPolicy())

    assert isinstance(fetched, FutureFailure)
    for error in (shown.value, fetched.error):
        assert isinstance(error, ProductNotFoundError)
        assert (error.exchange, error.currency, error.trading_class) == ("EUREX", "EUR", None)


def test_a_product_that_is_named_twice_is_brought_up_to_date_once(
    service: FuturesService[Future],
) -> None:
    queries = [NQ_QUERY, ES_QUERY, FutureQuery(symbol="NQ"), ES_QUERY]
    outcomes = list(service.get_many(queries, SyncPolicy()))
    assert [outcome.query for outcome in outcomes] == [NQ_QUERY, ES_QUERY]


def test_outcomes_are_given_one_by_one(
    service: FuturesService[Future], repository: InMemoryFutureRepository[Future]
) -> None:
    outcomes = service.get_many([ES_QUERY, NQ_QUERY], SyncPolicy())
    next(outcomes)
    assert [key.symbol for key in repository.products] == ["ES"]


def test_a_contract_is_shown_with_its_product(
    service: FuturesService[Future], repository: InMemoryFutureRepository[Future]
) -> None:
    repository.products[ES.key] = ES
    product, match = service.show_contract(ES_QUERY, ContractWords(text="ESH7"), NOW)
    assert (product, match.contract) == (ES, MARCH)


def test_tick_ladders_are_those_stored(
    service: FuturesService[Future], repository: InMemoryFutureRepository[Future]
) -> None:
    step = PriceIncrement(low_edge=Decimal(0), increment=Decimal("0.25"))
    rule = MarketRule(market_rule_id=67, increments=(step,))
    repository.store_market_rules([rule])
    assert service.market_rules({67, 99}) == (rule,)


def test_a_policy_is_passed_on(
    service: FuturesService[Future], repository: InMemoryFutureRepository[Future]
) -> None:
    update = service.get(ES_QUERY, SyncPolicy(dry_run=True))
    assert not update.applied
    assert not repository.products
