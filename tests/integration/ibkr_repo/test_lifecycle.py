"""A session ends without leaving anything behind, whatever it is doing at the time."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import pytest

from fakes.futures import InMemoryFutureRepository
from fakes.gateway_rig import (
    Connect,
    RepositoryOf,
    Serve,
    bring_up_to_date,
    open_files,
    reader_threads,
)
from gateway import faults
from gateway.faults import Fault, Occasion
from ibkr_sync.domain.entities.futures import Future as Product
from ibkr_sync.domain.errors import ConnectionLostError, RunInterrupted
from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest, MarketRuleRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway

ES_AT_CME = ContractRequest(symbol="ES", exchange="CME")

SLOW = {
    "handshake_timeout": 60.0,
    "idle_timeout": 60.0,
    "total_timeout": 60.0,
    "run_timeout": 60.0,
}


@contextmanager
def interrupted_when(it_waits: Callable[[], bool]) -> Iterator[None]:
    """Let a signal raise RunInterrupted in this thread as soon as the condition holds."""

    def interrupt(number: int, _frame: object) -> None:
        raise RunInterrupted(number)

    def watch() -> None:
        while not it_waits() and not over.wait(0.01):
            pass
        if not over.wait(0.05):
            os.kill(os.getpid(), signal.SIGUSR1)

    over = threading.Event()
    before = signal.signal(signal.SIGUSR1, interrupt)
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        signal.signal(signal.SIGUSR1, before)


def test_a_closed_session_leaves_no_thread_and_no_file_open(serve: Serve, connect: Connect) -> None:
    replay = serve()
    before = open_files()
    gateway = connect(replay)
    for _ in range(20):
        gateway.request_contracts(ES_AT_CME).result(5)
        assert len(reader_threads()) == 1
        gateway.close()
        assert reader_threads() == []
    replay.stop()
    assert open_files() < before


def test_closing_twice_or_unopened_is_harmless(serve: Serve, connect: Connect) -> None:
    gateway = connect(serve())
    gateway.close()
    session = gateway.open()
    session.close()
    session.close()
    gateway.close()
    gateway.close()
    assert not session.is_alive


def test_a_session_is_reused_while_it_lives_and_replaced_once_it_broke(
    serve: Serve, connect: Connect
) -> None:
    replay = serve(faults.HangUpAfterRows(rows=1, skip=1, first=1))
    gateway = connect(replay)
    first = gateway.open()
    gateway.request_contracts(ES_AT_CME).result(5)
    assert gateway.open() is first
    with pytest.raises(ConnectionLostError):
        gateway.request_contracts(ES_AT_CME).result(5)
    assert gateway.open() is not first
    assert len(gateway.request_contracts(ES_AT_CME).result(5).rows) == 4
    assert len(reader_threads()) == 1


def test_closing_fails_what_is_due(serve: Serve, connect: Connect) -> None:
    gateway = connect(
        serve(
            faults.Silence(),
            faults.Silence(occasion=Occasion.MARKET_RULE),
        ),
        **SLOW,
    )
    due: list[Future[Any]] = [
        gateway.request_contracts(ES_AT_CME),
        gateway.request_ladder(67),
    ]
    gateway.close()
    for product in due:
        with pytest.raises(ConnectionLostError, match="closed by us"):
            product.result(1)


def test_a_request_to_a_closed_session_fails_at_once(serve: Serve, connect: Connect) -> None:
    session = connect(serve()).open()
    session.close()
    with pytest.raises(ConnectionLostError):
        session.request_contracts(ES_AT_CME).result(1)
    with pytest.raises(ConnectionLostError):
        session.request_ladder(67).result(1)


def test_a_line_that_drops_fails_everything_that_is_due(serve: Serve, connect: Connect) -> None:
    gateway = connect(
        serve(
            faults.Silence(occasion=Occasion.MARKET_RULE),
            faults.HangUpAfterRows(rows=1),
        ),
        **SLOW,
    )
    due: list[Future[Any]] = [
        gateway.request_ladder(67),
        gateway.request_contracts(ES_AT_CME),
    ]
    for product in due:
        with pytest.raises(ConnectionLostError):
            product.result(5)


def test_a_signal_that_arrives_while_connecting_leaves_nothing_behind(
    serve: Serve, connect: Connect
) -> None:
    replay = serve(faults.Silence(occasion=Occasion.HELLO, first=1), faults.NoNextValidId())
    gateway = connect(replay, **SLOW)
    for connection in (1, 2):
        with (
            pytest.raises(RunInterrupted),
            interrupted_when(
                lambda number=connection: len(replay.frames) >= (1, 3)[number - 1]  # type: ignore[misc]
            ),
        ):
            gateway.open()
        assert reader_threads() == []


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.Silence(), id="for a reply"),
        pytest.param(faults.NoEndMarker(), id="for an end marker"),
        pytest.param(faults.Notice(code=1100), id="for the end of an outage"),
        pytest.param(faults.ErrorReply(code=100), id="for its turn"),
        pytest.param(faults.Silence(occasion=Occasion.MARKET_RULE), id="for a tick ladder"),
    ],
)
def test_a_signal_that_arrives_while_a_run_waits_leaves_nothing_behind(
    serve: Serve,
    repository_of: RepositoryOf,
    local: InMemoryFutureRepository[Product],
    fault: Fault,
) -> None:
    replay = serve(fault)
    repository = repository_of(replay, **SLOW)
    asked = MarketRuleRequest if fault.occasion is Occasion.MARKET_RULE else ContractDataRequest
    with (
        pytest.raises(RunInterrupted),
        interrupted_when(lambda: any(isinstance(request, asked) for request in replay.requests)),
    ):
        bring_up_to_date(repository, "ES")
    assert local.runs[0].outcome == "interrupted"
    source: Any = repository.source
    gateway: Gateway = source._gateway
    gateway.close()
    assert reader_threads() == []


def test_leaving_the_gateway_s_context_closes_it(serve: Serve, connect: Connect) -> None:
    with connect(serve()) as gateway:
        session = gateway.open()
    assert not session.is_alive
    assert reader_threads() == []


def test_a_session_s_context_closes_it(serve: Serve, connect: Connect) -> None:
    with connect(serve()).open() as session:
        assert session.is_alive
    assert not session.is_alive


def test_a_defect_in_the_reading_thread_fails_what_is_due(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = connect(serve(), **SLOW)
    session = gateway.open()

    def fail(_frame: bytes) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(session._intake, "take", fail)
    with pytest.raises(ConnectionLostError, match="internal error"):
        session.request_contracts(ES_AT_CME).result(5)
    assert not session.is_alive
