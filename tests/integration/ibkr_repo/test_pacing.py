"""Messages leave evenly spaced, and slower after a complaint."""

from __future__ import annotations

from itertools import pairwise

import pytest

from fakes.futures import InMemoryFutureRepository
from fakes.gateway_rig import ES, Connect, RepositoryOf, Serve, bring_up_to_date
from gateway import faults
from gateway.faults import Fault
from gateway.server import ScriptedGateway
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import ConnectionLostError, PacingError
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.replay.protocol.requests import (
    ContractDataRequest,
    MarketRuleRequest,
    StartApiRequest,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.questioner import MAX_BROKEN_IN_A_ROW
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest

ES_AT_CME = ContractRequest(symbol="ES", exchange="CME")


def times_asked(replay: ScriptedGateway) -> list[float]:
    """When each request for contract details arrived."""
    return [frame.at for frame in replay.frames if isinstance(frame.request, ContractDataRequest)]


@pytest.mark.faults
def test_a_strict_gateway_never_complains_at_the_default_rate(
    serve: Serve, connect: Connect
) -> None:
    replay = serve(messages_per_second=45)
    gateway = connect(replay, messages_per_second=40.0)
    asked = [gateway.request_contracts(ES_AT_CME) for _ in range(70)]
    assert {len(sending.result(5).rows) for sending in asked} == {4}
    assert replay.connections == 1


@pytest.mark.parametrize("for_request", [False, True])
def test_a_request_that_was_one_too_many_is_asked_again_after_a_pause(
    serve: Serve, repository_of: RepositoryOf, for_request: bool
) -> None:
    """TWS names no request in error 100, so whatever is in flight may be what it dropped."""
    replay = serve(
        faults.Silence(first=1),
        faults.Notice(code=100, before_row=0, for_request=for_request, first=1),
    )
    outcome = bring_up_to_date(repository_of(replay), "ES")["ES"]
    assert isinstance(outcome, FutureUpdate)
    assert outcome.product.contracts == ES.contracts
    first, second = times_asked(replay)
    assert second - first >= 0.9
    assert replay.connections == 1


def test_a_gateway_that_hangs_up_before_the_repeated_message_leaves_is_asked_once_more(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    """It waits for a second after a complaint; what never left was no second try."""
    replay = serve(
        faults.HangUpAfterRows(rows=0, first=1),
        faults.PauseAfterRows(rows=0, seconds=0.3, first=1),
        faults.Notice(code=100, before_row=0, first=1),
    )
    outcome = bring_up_to_date(repository_of(replay), "ES")["ES"]
    assert isinstance(outcome, FutureUpdate)
    assert outcome.product.contracts == ES.contracts
    assert len(times_asked(replay)) == 2
    assert replay.connections == 2


def test_a_request_that_is_one_too_many_twice_fails(
    serve: Serve, repository_of: RepositoryOf, local: InMemoryFutureRepository[Future]
) -> None:
    replay = serve(faults.ErrorReply(code=100))
    outcome = bring_up_to_date(repository_of(replay), "ES")["ES"]
    assert isinstance(outcome, FutureFailure)
    assert isinstance(outcome.error, PacingError)
    assert len(times_asked(replay)) == 2
    assert not local.products


def test_the_rate_is_halved_for_good_after_a_complaint(serve: Serve, connect: Connect) -> None:
    replay = serve(faults.Notice(code=100, before_row=0, first=1))
    gateway = connect(replay, messages_per_second=20.0)
    with pytest.raises(PacingError):
        gateway.request_contracts(ES_AT_CME).result(5)
    asked = [gateway.request_contracts(ES_AT_CME) for _ in range(8)]
    assert {len(sending.result(5).rows) for sending in asked} == {4}
    first, *later = times_asked(replay)
    assert later[0] - first >= 0.9
    gaps = [after - before for before, after in pairwise(later)]
    assert sum(gaps) / len(gaps) >= 0.09


def test_a_warning_that_the_limit_is_near_disturbs_nothing(
    serve: Serve, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    said = "Warning: Approaching max rate of 50 messages per second (44)"
    replay = serve(*(faults.Notice(code=0, text=said, before_row=row) for row in (0, 2)))
    gateway = connect(replay)
    with caplog.at_level("INFO"):
        asked = [gateway.request_contracts(ES_AT_CME) for _ in range(8)]
        assert {len(sending.result(5).rows) for sending in asked} == {4}
    assert caplog.messages.count(f"TWS 0: {said}") == 1
    assert replay.connections == 1


def test_the_first_message_of_a_new_session_waits_for_its_turn_too(
    serve: Serve, connect: Connect
) -> None:
    replay = serve(
        faults.Notice(code=100, before_row=0, first=1), faults.HangUpAfterRows(rows=1, first=1)
    )
    gateway = connect(replay)
    with pytest.raises(PacingError):
        gateway.request_contracts(ES_AT_CME).result(5)
    gateway.close()
    gateway.open()
    starts = [frame.at for frame in replay.frames if isinstance(frame.request, StartApiRequest)]
    assert starts[1] - times_asked(replay)[0] >= 0.9


def test_requests_for_ladders_are_spaced_like_any_other(serve: Serve, connect: Connect) -> None:
    replay = serve()
    gateway = connect(replay, messages_per_second=20.0)
    asked = [gateway.request_ladder(67) for _ in range(10)]
    for sending in asked:
        sending.result(5)
    times = [frame.at for frame in replay.frames if isinstance(frame.request, MarketRuleRequest)]
    assert times[-1] - times[0] >= 9 * 0.045


@pytest.mark.faults
@pytest.mark.parametrize(
    "breaches",
    [
        pytest.param([faults.RateRefused(times=3, closes=True)], id="at-once"),
        pytest.param(
            [faults.RateRefused(first=2), faults.RateRefused(skip=2, closes=True)],
            id="one-by-one",
        ),
    ],
)
def test_a_gateway_that_hangs_up_over_the_rate_is_not_hammered(
    serve: Serve, repository_of: RepositoryOf, breaches: list[Fault]
) -> None:
    """At most what was on its way when the gateway complained comes in the second after it.

    After some sessions in a row that broke without an answer the run is over.
    """
    replay = serve(*breaches)
    repository = repository_of(replay, messages_per_second=5.0)
    queries = [FutureQuery(symbol=f"X{number}") for number in range(30)]
    with pytest.raises((PacingError, ConnectionLostError)):
        list(repository.get_or_create_many(queries, SyncPolicy()))
    refused = times_asked(replay)
    assert len(refused) >= 3
    for at in refused:
        assert sum(at < frame.at < at + 1 for frame in replay.frames) <= 1
    assert replay.connections <= 1 + MAX_BROKEN_IN_A_ROW
