"""A run of many products: one outcome each, in time, whatever befalls the gateway."""

from __future__ import annotations

import socket
import threading

import pytest

from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from fakes.gateway_rig import (
    CRUDE_OIL,
    DAX,
    DAX_MINI,
    ES,
    NASDAQ,
    NEVER,
    NOW,
    Connect,
    RepositoryOf,
    Serve,
    bring_up_to_date,
)
from fakes.recordings import contract_row, recording_of
from gateway import faults
from gateway.faults import Occasion
from gateway.server import ScriptedGateway
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.futures import Future, IndexFuture
from ibkr_sync.domain.errors import (
    AmbiguousProductError,
    ConnectionLostError,
    GatewayUnreachableError,
    ProductNotFoundError,
    RunTimeoutError,
    ShrinkRefusedError,
)
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.repository import IbkrFutureRepository

Local = InMemoryFutureRepository[Future]
Outcome = FutureUpdate[Future] | FutureFailure


def asked(replay: ScriptedGateway) -> list[ContractDataRequest]:
    return [request for request in replay.requests if isinstance(request, ContractDataRequest)]


def error_of(outcome: Outcome) -> Exception:
    assert isinstance(outcome, FutureFailure), outcome
    return outcome.error


def is_whole(outcome: Outcome, product: Future) -> bool:
    return isinstance(outcome, FutureUpdate) and outcome.product.contracts == product.contracts


def test_products_still_due_when_the_run_s_time_is_over_fail_and_the_run_ends(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    replay = serve(faults.Silence(symbol="NQ"))
    repository = repository_of(
        replay, run_timeout=0.5, idle_timeout=NEVER, total_timeout=NEVER, requests_in_flight=1
    )
    outcomes = bring_up_to_date(repository, "ES", "NQ", "CL", "YM")
    assert is_whole(outcomes["ES"], ES)
    for symbol in ("NQ", "CL", "YM"):
        assert isinstance(error_of(outcomes[symbol]), RunTimeoutError)
    assert [request.symbol for request in asked(replay)] == ["ES", "NQ"]
    assert [outcome for _, outcome, _ in local.runs[0].outcomes] == ["created"] + ["failed"] * 3


def test_connecting_again_does_not_outlast_the_run_s_time(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    replay = serve(faults.HangUpAfterRows(rows=1), faults.Silence(occasion=Occasion.HELLO, skip=1))
    repository = repository_of(replay, run_timeout=0.5, handshake_timeout=NEVER)
    outcomes = bring_up_to_date(repository, "ES", "NQ")
    assert {type(error_of(outcome)) for outcome in outcomes.values()} == {RunTimeoutError}


def test_an_outage_does_not_outlast_the_run_s_time(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    replay = serve(faults.Notice(code=1100))
    repository = repository_of(replay, run_timeout=0.5, idle_timeout=NEVER, total_timeout=NEVER)
    bring_up_to_date(repository, "ES", "NQ")


def test_a_gateway_that_is_not_there_ends_the_run(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    replay = serve()
    replay.stop()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(GatewayUnreachableError):
        bring_up_to_date(repository_of(replay, port=port), "ES", "NQ")
    assert local.runs[0].outcome == "failed"


def test_a_gateway_that_goes_away_leaves_what_was_stored_before(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    replay = serve()
    repository = repository_of(replay, requests_in_flight=1)
    queries = [FutureQuery(symbol=symbol) for symbol in ("ES", "NQ", "CL")]
    outcomes = repository.get_or_create_many(queries, SyncPolicy())
    assert is_whole(next(outcomes), ES)
    replay.stop()
    with pytest.raises(GatewayUnreachableError):
        list(outcomes)
    assert [key.symbol for key in local.products] == ["ES"]


def test_products_in_flight_survive_one_that_breaks_every_session(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    replay = serve(faults.InsertedBytes(data=b"\xff\xff\xff\xff", before_row=1, symbol="ES"))
    outcomes = bring_up_to_date(repository_of(replay), "ES", "NQ", "CL")
    assert isinstance(error_of(outcomes["ES"]), ConnectionLostError)
    assert is_whole(outcomes["NQ"], NASDAQ)
    assert is_whole(outcomes["CL"], CRUDE_OIL)


def test_a_gateway_that_keeps_hanging_up_ends_the_run(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    replay = serve(faults.HangUpAfterRows(rows=0))
    queries = [FutureQuery(symbol=f"X{number}") for number in range(50)]
    with pytest.raises(ConnectionLostError):
        list(repository_of(replay).get_or_create_many(queries, SyncPolicy()))
    assert replay.connections <= 12
    assert local.runs[0].outcome == "failed"


def test_sessions_that_break_now_and_then_do_not_end_the_run(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    replay = serve(faults.HangUpAfterRows(rows=1, symbol="ES"))
    repository = repository_of(replay, requests_in_flight=1)
    spellings = [(None, None), ("CME", None), (None, "USD")]
    queries = [
        FutureQuery(symbol=symbol, exchange=exchange, currency=currency)
        for exchange, currency in spellings
        for symbol in ("ES", "NQ")
    ]
    outcomes = list(repository.get_or_create_many(queries, SyncPolicy()))
    assert [isinstance(outcome, FutureUpdate) for outcome in outcomes] == [False, True] * 3


def test_no_more_requests_are_in_flight_than_allowed(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    replay = serve(faults.Silence())
    repository = repository_of(replay, idle_timeout=0.3, requests_in_flight=3)
    queries = [FutureQuery(symbol=f"X{number}") for number in range(9)]
    outcomes = repository.get_or_create_many(queries, SyncPolicy())
    next(outcomes)
    assert len(asked(replay)) == 3
    outcomes.close()  # type: ignore[attr-defined]  # it is a generator


@pytest.mark.parametrize("exchange", ["", "CME"])
def test_a_request_names_symbol_and_exchange_and_nothing_that_could_narrow_the_chain(
    serve: Serve, repository_of: RepositoryOf, exchange: str
) -> None:
    replay = serve()
    query = FutureQuery(
        symbol="ES",
        exchange=exchange or None,
        currency="USD",
        trading_class="ES",
        multiplier=ES.multiplier,
    )
    repository_of(replay).get_or_create(query, SyncPolicy())
    (request,) = asked(replay)
    assert request.strike in ("", "0.0")  # which some ibapis send for no strike
    assert request == ContractDataRequest(
        req_id=request.req_id,
        symbol="ES",
        sec_type="FUT",
        exchange=exchange,
        strike=request.strike,
    )


def test_expired_contracts_are_asked_for_when_wanted(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    replay = serve()
    repository_of(replay).get_or_create(FutureQuery(symbol="ES"), SyncPolicy(include_expired=True))
    assert [request.include_expired for request in asked(replay)] == [True]


def test_the_exchange_is_left_open_when_the_catalogue_knows_several_or_none(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    replay = serve()
    bring_up_to_date(repository_of(replay), "AUD", "NOSUCH")
    assert [(request.symbol, request.exchange) for request in asked(replay)] == [
        ("AUD", ""),
        ("NOSUCH", ""),
    ]


def test_an_exchange_that_the_user_names_outranks_the_catalogue(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    replay = serve()
    query = FutureQuery(symbol="ES", exchange="GLOBEX")
    with pytest.raises(ProductNotFoundError) as caught:
        repository_of(replay).get_or_create(query, SyncPolicy())
    assert "ES@GLOBEX" in str(caught.value.detail)
    assert [request.exchange for request in asked(replay)] == ["GLOBEX"]


@pytest.mark.parametrize("symbol", ["", "É", "E\0S", "ES\n", "\udcff", "x" * 65])
@pytest.mark.parametrize("exchange", [None, "CME"])
def test_a_symbol_that_the_protocol_cannot_carry_is_never_sent(
    serve: Serve, repository_of: RepositoryOf, symbol: str, exchange: str | None
) -> None:
    replay = serve()
    queries = [FutureQuery(symbol=symbol, exchange=exchange), FutureQuery(symbol="ES")]
    refused, accepted = repository_of(replay).get_or_create_many(queries, SyncPolicy())
    assert isinstance(error_of(refused), ProductNotFoundError)
    assert is_whole(accepted, ES)
    assert [request.symbol for request in asked(replay)] == ["ES"]


def test_an_exchange_that_the_protocol_cannot_carry_is_never_sent(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    replay = serve()
    with pytest.raises(ProductNotFoundError):
        repository_of(replay).get_or_create(
            FutureQuery(symbol="ES", exchange="CM\0E"), SyncPolicy()
        )
    assert replay.connections == 0


def test_a_product_on_several_routes_is_one_product_on_its_listing_exchange(
    serve: Serve, connect: Connect, local: Local
) -> None:
    """Asked without an exchange, TWS answers each contract once for each route."""
    replay = serve(recording=recording_of(DAX))
    catalogue_of_none = type(load_catalogue())([])
    repository = IbkrFutureRepository(
        connect(replay), local, Future, catalogue_of_none, FakeClock(NOW)
    )
    update = repository.get_or_create(FutureQuery(symbol="DAX"), SyncPolicy())
    assert [request.exchange for request in asked(replay)] == [""]
    assert update.product.exchange == "EUREX"
    assert update.product.contracts == DAX.contracts


def test_a_route_is_no_exchange_of_a_product(serve: Serve, repository_of: RepositoryOf) -> None:
    query = FutureQuery(symbol="ES", exchange="QBALGO")
    with pytest.raises(ProductNotFoundError) as caught:
        repository_of(serve()).get_or_create(query, SyncPolicy())
    assert "ES@CME (ES)" in str(caught.value.detail)


@pytest.mark.text_protocol
def test_a_reply_is_kept_whole_whichever_product_of_it_is_meant(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    repository = repository_of(serve(recording=recording_of(DAX, DAX_MINI)))
    with pytest.raises(AmbiguousProductError):
        repository.get_or_create(FutureQuery(symbol="DAX"), SyncPolicy())
    repository.get_or_create(FutureQuery(symbol="DAX", trading_class="FDXM"), SyncPolicy())
    ((kept,),) = local.replies.values()
    con_ids = {str(contract.con_id).encode() for contract in (*DAX.contracts, *DAX_MINI.contracts)}
    assert {frame.split(b"\0")[13] for frame in kept.frames[:-1]} == con_ids


def test_what_is_fresh_enough_is_answered_without_a_gateway(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    from datetime import timedelta

    replay = serve()
    repository = repository_of(replay)
    bring_up_to_date(repository, "ES")
    policy = SyncPolicy(max_age=timedelta(hours=1))
    outcomes = bring_up_to_date(repository, "ES", "NQ", policy=policy)
    assert is_whole(outcomes["ES"], ES)
    assert is_whole(outcomes["NQ"], NASDAQ)
    assert [request.symbol for request in asked(replay)] == ["ES", "NQ"]


def test_nothing_is_connected_when_everything_is_fresh(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    from datetime import timedelta

    replay = serve()
    repository = repository_of(replay)
    bring_up_to_date(repository, "ES")
    before = replay.connections
    bring_up_to_date(repository, "ES", policy=SyncPolicy(max_age=timedelta(hours=1)))
    assert replay.connections == before
    assert len(local.runs) == 1


def test_a_dry_run_is_no_run_of_the_database(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    outcomes = bring_up_to_date(repository_of(serve()), "ES", policy=SyncPolicy(dry_run=True))
    assert is_whole(outcomes["ES"], ES)
    assert (local.runs, local.products, local.market_rules) == ([], {}, {})


def test_a_reply_that_lacks_too_many_contracts_changes_nothing(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    repository = repository_of(serve(faults.KeptRows(count=20, symbol="NQ", skip=1)))
    bring_up_to_date(repository, "NQ")
    stored = dict(local.products)
    outcome = bring_up_to_date(repository, "NQ")["NQ"]
    assert isinstance(error_of(outcome), ShrinkRefusedError)
    assert local.products == stored


def test_a_product_of_another_asset_class_is_known_by_its_underlying(
    serve: Serve, connect: Connect
) -> None:
    """The symbol ES means the index future here and a stock future there."""
    stock_future = contract_row(ES.contracts[0])
    replay = serve(
        faults.ReplacedField(row=None, field="under_sec_type", value="STK"),
        recording=recording_of(ES),
    )
    assert stock_future.under_sec_type == "IND"
    index_futures = InMemoryFutureRepository(IndexFuture, FakeClock(NOW))
    repository = IbkrFutureRepository(
        connect(replay), index_futures, IndexFuture, load_catalogue(), FakeClock(NOW)
    )
    (outcome,) = repository.get_or_create_many([FutureQuery(symbol="ES")], SyncPolicy())
    assert "single_stock" in str(error_of(outcome))


def test_two_threads_may_wait_for_replies_of_one_session(serve: Serve, connect: Connect) -> None:
    from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import (
        ContractRequest,
    )

    gateway = connect(serve(faults.Drip(seconds=0.02)))
    gateway.open()
    rows: list[int] = []

    def ask() -> None:
        request = ContractRequest(symbol="ES", exchange="CME")
        rows.append(len(gateway.request_contracts(request).result(5).rows))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows == [4] * 8
