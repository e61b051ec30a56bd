"""What fails for a reason that passes is asked for again, what fails for good is not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, TypeAlias

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
    RECORDING,
    SERVER_VERSION,
    Connect,
    Serve,
    bring_up_to_date,
)
from fakes.recordings import recording_of
from gateway import faults
from gateway.faults import Occasion
from gateway.server import ScriptedGateway
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import (
    ClientIdInUseError,
    ConnectionLostError,
    GatewayMovedError,
    GatewayUnreachableError,
    HandshakeClosedError,
    HandshakeTimeoutError,
    InvalidReplyError,
    NotAGatewayError,
    ReplyTimeoutError,
    RequestRejectedError,
    RunTimeoutError,
    UnsupportedServerVersionError,
    UpstreamDownError,
)
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.dialogues import Dialogue
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.questioner import (
    MAX_BROKEN_IN_A_ROW,
    Questioner,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ContractReply
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.repository import IbkrFutureRepository

Local: TypeAlias = InMemoryFutureRepository[Future]
Outcome: TypeAlias = FutureUpdate[Future] | FutureFailure

THREE_TRIES = SyncPolicy(tries=3, kind=RunKind.REFRESH)
HALF_AN_HOUR = SyncPolicy(deadline=timedelta(minutes=30), kind=RunKind.REFRESH)


class Pauses(list[float]):
    """The seconds that were to be waited, none of which is; `during` happens meanwhile."""

    during: Callable[[int], object] = staticmethod(lambda _: None)

    def __call__(self, seconds: float) -> None:
        self.append(seconds)
        self.during(len(self))


RepositoryAt: TypeAlias = Callable[..., IbkrFutureRepository[Future]]


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def repository_at(connect: Connect, local: Local, pauses: Pauses) -> RepositoryAt:
    """Make repositories that pause without waiting: `repository_at(replay, **parameters)`."""

    def make(replay: ScriptedGateway, **parameters: float) -> IbkrFutureRepository[Future]:
        gateway = connect(replay, **parameters)
        return IbkrFutureRepository(
            gateway, local, Future, load_catalogue(), FakeClock(NOW), pause=pauses
        )

    return make


@pytest.fixture
def restarts() -> Iterator[Callable[[int], ScriptedGateway]]:
    """Start a healthy gateway at a port that another one had."""
    with ExitStack() as stack:
        yield lambda port: stack.enter_context(
            ScriptedGateway(RECORDING, port=port, now=FakeClock(NOW), server_version=SERVER_VERSION)
        )


def symbols_asked(replay: ScriptedGateway) -> list[str]:
    return [
        request.symbol for request in replay.requests if isinstance(request, ContractDataRequest)
    ]


def is_whole(outcome: Outcome, product: Future) -> bool:
    return isinstance(outcome, FutureUpdate) and outcome.product.contracts == product.contracts


def errors_of(outcomes: dict[str, Outcome]) -> set[type[Exception]]:
    assert all(isinstance(outcome, FutureFailure) for outcome in outcomes.values()), outcomes
    return {
        type(outcome.error) for outcome in outcomes.values() if isinstance(outcome, FutureFailure)
    }


def assert_grow(pauses: Sequence[float], *expected: float) -> None:
    """Each pause is as long as expected, or a fifth longer at most."""
    assert len(pauses) == len(expected)
    for pause, least in zip(pauses, expected, strict=True):
        assert least <= pause <= least * 1.2


@pytest.mark.parametrize("script", [(), (faults.HangUpAfterRows(symbol="DAX", rows=1, first=1),)])
def test_products_of_one_symbol_share_the_reply_to_their_question(
    serve: Serve, repository_at: RepositoryAt, script: tuple[faults.Fault, ...]
) -> None:
    replay = serve(*script, recording=recording_of(DAX, DAX_MINI))
    queries = [
        FutureQuery(symbol="DAX", exchange="EUREX", trading_class=other.trading_class)
        for other in (DAX, DAX_MINI)
    ]
    outcomes = list(repository_at(replay).get_or_create_many(queries, SyncPolicy()))
    assert all(isinstance(outcome, FutureUpdate) for outcome in outcomes), outcomes
    keys = {outcome.product.key for outcome in outcomes if isinstance(outcome, FutureUpdate)}
    assert keys == {DAX.key, DAX_MINI.key}
    # What a broken session leaves behind is asked for again, each by itself.
    assert len(symbols_asked(replay)) == 1 + 2 * len(script)


def test_a_complete_reply_is_stored_while_an_earlier_one_is_still_due(
    serve: Serve, repository_at: RepositoryAt, local: Local
) -> None:
    replay = serve(faults.Late(symbol="ES", seconds=0.5))
    queries = [FutureQuery(symbol=symbol) for symbol in ("ES", "NQ", "CL")]
    outcomes = repository_at(replay).get_or_create_many(queries, SyncPolicy())
    assert {next(outcomes).query.symbol, next(outcomes).query.symbol} == {"NQ", "CL"}
    assert {key.symbol for key in local.products} == {"NQ", "CL"}
    assert [outcome.query.symbol for outcome in outcomes] == ["ES"]


def test_a_reply_that_never_came_is_asked_for_again_after_all_others(
    serve: Serve, repository_at: RepositoryAt, pauses: Pauses
) -> None:
    replay = serve(faults.Silence(symbol="ES", first=1))
    repository = repository_at(replay, idle_timeout=0.3)
    outcomes = bring_up_to_date(repository, "ES", "NQ", "CL", policy=THREE_TRIES)
    assert list(outcomes) == ["NQ", "CL", "ES"]
    assert is_whole(outcomes["ES"], ES)
    assert symbols_asked(replay) == ["ES", "NQ", "CL", "ES"]
    assert_grow(pauses, 2)


def test_a_line_that_says_nothing_is_replaced_before_asking_again(
    serve: Serve, repository_at: RepositoryAt
) -> None:
    replay = serve(faults.Silence(first=1))
    bring_up_to_date(repository_at(replay, idle_timeout=0.3), "ES", policy=THREE_TRIES)
    assert replay.connections == 2


def test_without_a_deadline_a_product_is_asked_for_three_times_at_most(
    serve: Serve, repository_at: RepositoryAt, pauses: Pauses, local: Local
) -> None:
    replay = serve(faults.NoEndMarker(symbol="ES"))
    repository = repository_at(replay, idle_timeout=0.2)
    outcomes = bring_up_to_date(repository, "ES", "NQ", policy=THREE_TRIES)
    assert errors_of({"ES": outcomes["ES"]}) == {ReplyTimeoutError}
    assert is_whole(outcomes["NQ"], NASDAQ)
    assert symbols_asked(replay).count("ES") == 3
    assert_grow(pauses, 2, 8)
    assert local.runs[0].outcomes[-1] == ("ES", "failed", "ReplyTimeoutError")


def test_who_asks_once_waits_for_nothing(
    serve: Serve, repository_at: RepositoryAt, pauses: Pauses
) -> None:
    replay = serve(faults.Silence())
    bring_up_to_date(repository_at(replay, idle_timeout=0.2), "ES")
    assert symbols_asked(replay) == ["ES"]
    assert pauses == []


@pytest.mark.parametrize("policy", [THREE_TRIES, HALF_AN_HOUR], ids=["tries", "deadline"])
@pytest.mark.parametrize(
    ("fault", "error", "asked"),
    [
        (faults.ErrorReply(code=321), RequestRejectedError, 1),
        (faults.ReplacedField(field="con_id", value="0"), InvalidReplyError, 2),
        (faults.ReplacedField(row=None, field="symbol", value="ZZ"), InvalidReplyError, 2),
    ],
    ids=["321", "no conId", "other product"],
)
def test_what_is_about_the_request_itself_is_not_asked_again_or_once(
    serve: Serve,
    repository_at: RepositoryAt,
    pauses: Pauses,
    *,
    policy: SyncPolicy,
    fault: faults.Fault,
    error: type[Exception],
    asked: int,
) -> None:
    replay = serve(fault)
    outcomes = bring_up_to_date(repository_at(replay), "ES", policy=policy)
    assert errors_of(outcomes) == {error}
    assert symbols_asked(replay) == ["ES"] * asked
    assert len(pauses) == asked - 1


def test_a_product_fails_once_however_often_it_was_asked_for(
    serve: Serve, repository_at: RepositoryAt, local: Local
) -> None:
    replay = serve(faults.Notice(code=1100, before_row=1), faults.Notice(code=1102, before_row=2))
    queries = [FutureQuery(symbol=symbol) for symbol in ("ES", "NQ")]
    outcomes = list(repository_at(replay).get_or_create_many(queries, THREE_TRIES))
    assert sorted(outcome.query.symbol for outcome in outcomes) == ["ES", "NQ"]
    assert [name for _, _, name in local.runs[0].outcomes] == ["UpstreamDownError"] * 2


def test_a_gateway_that_is_not_there_ends_a_run_without_deadline_at_once(
    serve: Serve, repository_at: RepositoryAt, pauses: Pauses
) -> None:
    replay = serve()
    port = replay.port
    replay.stop()
    with pytest.raises(GatewayUnreachableError):
        bring_up_to_date(repository_at(replay, port=port), "ES", policy=THREE_TRIES)
    assert pauses == []


def test_a_gateway_that_comes_before_the_deadline_is_waited_for(
    serve: Serve,
    repository_at: RepositoryAt,
    pauses: Pauses,
    restarts: Callable[[int], ScriptedGateway],
) -> None:
    replay = serve()
    port = replay.port
    replay.stop()
    pauses.during = lambda count: restarts(port) if count == 7 else None
    outcomes = bring_up_to_date(repository_at(replay, port=port), "ES", "CL", policy=HALF_AN_HOUR)
    assert is_whole(outcomes["ES"], ES)
    assert is_whole(outcomes["CL"], CRUDE_OIL)
    assert_grow(pauses, 2, 4, 8, 16, 32, 60, 60)


def test_a_gateway_that_restarts_is_gone_on_with_where_it_stopped(
    serve: Serve,
    repository_at: RepositoryAt,
    pauses: Pauses,
    restarts: Callable[[int], ScriptedGateway],
    local: Local,
) -> None:
    replay = serve()
    port = replay.port
    again: list[ScriptedGateway] = []
    pauses.during = lambda _: again.append(restarts(port))
    repository = repository_at(replay, port=port, requests_in_flight=1)
    queries = [FutureQuery(symbol=symbol) for symbol in ("ES", "NQ", "CL")]
    outcomes = repository.get_or_create_many(queries, HALF_AN_HOUR)
    assert is_whole(next(outcomes), ES)
    replay.stop()
    assert [isinstance(other, FutureUpdate) for other in outcomes] == [True, True]
    assert len(pauses) == 1
    assert symbols_asked(again[0]) == ["NQ", "CL"]
    assert local.runs[0].outcome == "ok"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.HangUpAfterRows(occasion=Occasion.HELLO, first=2), HandshakeClosedError),
        (faults.ClientIdInUse(first=2), ClientIdInUseError),
    ],
    ids=["hangs up", "client id taken"],
)
def test_a_start_that_fails_is_tried_again_only_with_a_deadline(
    serve: Serve,
    repository_at: RepositoryAt,
    pauses: Pauses,
    fault: faults.Fault,
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        bring_up_to_date(repository_at(serve(fault), client_id_tries=1), "ES", policy=THREE_TRIES)
    assert pauses == []
    patient = repository_at(serve(fault), client_id_tries=1)
    assert is_whole(bring_up_to_date(patient, "ES", policy=HALF_AN_HOUR)["ES"], ES)
    assert_grow(pauses, 2, 4)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.RawReply(data=b"HTTP/1.1 400 Bad Request\r\n\r\n"), NotAGatewayError),
        (faults.ServerVersionText(text="60"), UnsupportedServerVersionError),
        (faults.PortReset(new_port=4099), GatewayMovedError),
        (faults.PortReset(new_port=4099, occasion=Occasion.CONTRACT_DATA), GatewayMovedError),
    ],
    ids=["HTTP", "old", "moved at the start", "moved later"],
)
def test_what_is_no_gateway_of_ours_ends_the_run_whatever_the_deadline(
    serve: Serve,
    repository_at: RepositoryAt,
    pauses: Pauses,
    fault: faults.Fault,
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        bring_up_to_date(repository_at(serve(fault)), "ES", policy=HALF_AN_HOUR)
    assert pauses == []


def test_sessions_that_keep_breaking_end_the_run_when_all_tries_are_made(
    serve: Serve, repository_at: RepositoryAt, pauses: Pauses
) -> None:
    replay = serve(faults.HangUpAfterRows(rows=1))
    with pytest.raises(ConnectionLostError):
        bring_up_to_date(repository_at(replay), "ES", "NQ", "CL", policy=THREE_TRIES)
    assert len(pauses) == 2


def test_what_a_broken_session_leaves_is_asked_for_one_by_one(
    serve: Serve, repository_at: RepositoryAt
) -> None:
    """The replies of the others are slow, so that whoever is asked beside ES would suffer."""
    replay = serve(
        faults.InsertedBytes(data=b"\xff\xff\xff\xff", before_row=1, symbol="ES"),
        faults.Late(symbol="NQ", seconds=0.2),
        faults.Late(symbol="CL", seconds=0.2),
    )
    outcomes = bring_up_to_date(repository_at(replay), "NQ", "ES", "CL")
    assert errors_of({"ES": outcomes["ES"]}) == {ConnectionLostError}
    assert is_whole(outcomes["NQ"], NASDAQ)
    assert is_whole(outcomes["CL"], CRUDE_OIL)


SLOW = 4.0
"""Messages per second: so few that a session is over before the message after its first."""


def ends_at_once(**strikes: Any) -> faults.Fault:
    """A session that TWS ends as soon as it is open."""
    return faults.Notice(occasion=Occasion.START_API, code=1300, before_row=None, **strikes)


def test_what_never_left_in_a_broken_session_is_asked_for_twice_all_the_same(
    serve: Serve, repository_at: RepositoryAt
) -> None:
    replay = serve(ends_at_once(first=1), faults.HangUpAfterRows(rows=1, first=1))
    outcomes = bring_up_to_date(repository_at(replay, messages_per_second=SLOW), "ES")
    assert is_whole(outcomes["ES"], ES)
    assert symbols_asked(replay) == ["ES", "ES"]
    assert replay.connections == 3


def test_what_never_left_in_an_outage_is_asked_for_twice_all_the_same(
    serve: Serve, repository_at: RepositoryAt
) -> None:
    replay = serve(
        faults.Notice(occasion=Occasion.START_API, code=1100, before_row=None),
        faults.PauseAfterRows(occasion=Occasion.START_API, rows=1, seconds=0.3),
        faults.Notice(occasion=Occasion.START_API, code=1102, before_row=None),
        faults.Notice(code=1100, before_row=2, first=1),
        faults.Notice(code=1102, before_row=None, first=1),
    )
    outcomes = bring_up_to_date(repository_at(replay, messages_per_second=SLOW), "ES")
    assert is_whole(outcomes["ES"], ES)
    assert symbols_asked(replay) == ["ES", "ES"]
    assert replay.connections == 1


def test_one_broken_session_ends_no_run_however_much_never_left_in_it(
    serve: Serve, repository_at: RepositoryAt
) -> None:
    replay = serve(ends_at_once(first=1))
    repository = repository_at(replay, messages_per_second=SLOW)
    symbols = ["ES", "NQ", "CL", *(f"X{number}" for number in range(MAX_BROKEN_IN_A_ROW))]
    outcomes = bring_up_to_date(repository, *symbols)
    assert is_whole(outcomes["ES"], ES)
    assert sorted(symbols_asked(replay)) == sorted(symbols)
    assert replay.connections == 2


def test_sessions_that_keep_breaking_before_anything_leaves_end_the_run(
    serve: Serve, repository_at: RepositoryAt
) -> None:
    replay = serve(ends_at_once())
    with pytest.raises(ConnectionLostError):
        bring_up_to_date(repository_at(replay, messages_per_second=SLOW), "ES")
    assert symbols_asked(replay) == []
    assert replay.connections == 1 + MAX_BROKEN_IN_A_ROW


def test_an_outage_that_lasts_is_waited_for_once_however_often_is_asked(
    serve: Serve, connect: Connect
) -> None:
    def about_es() -> Dialogue[ContractReply]:
        return (yield ContractRequest(symbol="ES", exchange="CME"))

    gateway = connect(serve(faults.Notice(code=1100, before_row=1)), idle_timeout=1.0)
    questioner = Questioner(gateway, seconds=60)
    began = time.monotonic()
    outcomes = [questioner.hold_one(about_es()) for _ in range(10)]
    assert {type(outcome) for outcome in outcomes} == {UpstreamDownError}
    assert 0.9 < time.monotonic() - began < 9


def test_with_a_deadline_an_outage_is_waited_out_and_no_longer(
    serve: Serve, repository_at: RepositoryAt, pauses: Pauses
) -> None:
    """The outage outlasts the idle timeout, which is all that a run without deadline waits."""
    replay = serve(
        faults.Notice(code=1100, before_row=2, first=1),
        faults.PauseAfterRows(rows=3, seconds=0.8, first=1),
        faults.Notice(code=1102, before_row=None, first=1),
    )
    repository = repository_at(replay, idle_timeout=0.2, requests_in_flight=1)
    outcomes = bring_up_to_date(repository, "ES", "NQ", policy=HALF_AN_HOUR)
    assert is_whole(outcomes["ES"], ES)
    assert is_whole(outcomes["NQ"], NASDAQ)
    assert pauses == []
    assert replay.connections == 1


@pytest.mark.parametrize("code", [1100, 2110, 2157])
def test_an_outage_that_does_not_end_ends_at_the_deadline(
    serve: Serve, repository_at: RepositoryAt, local: Local, code: int
) -> None:
    replay = serve(faults.Notice(code=code, before_row=1))
    policy = SyncPolicy(deadline=timedelta(seconds=1))
    began = time.monotonic()
    outcomes = bring_up_to_date(
        repository_at(replay, idle_timeout=0.2), "ES", "NQ", "CL", policy=policy
    )
    assert time.monotonic() - began >= 0.9
    assert errors_of(outcomes) == {UpstreamDownError}
    assert not local.products


def test_the_deadline_outranks_the_longest_time_of_a_run(
    serve: Serve, repository_at: RepositoryAt
) -> None:
    replay = serve(faults.Late(seconds=0.6))
    repository = repository_at(replay, run_timeout=0.2)
    policy = SyncPolicy(deadline=timedelta(seconds=20))
    assert is_whole(bring_up_to_date(repository, "ES", policy=policy)["ES"], ES)


def test_what_is_due_at_the_deadline_fails(serve: Serve, repository_at: RepositoryAt) -> None:
    replay = serve(faults.Silence(symbol="ES"))
    policy = SyncPolicy(deadline=timedelta(seconds=1))
    outcomes = bring_up_to_date(
        repository_at(replay, idle_timeout=NEVER, total_timeout=NEVER), "ES", "NQ", policy=policy
    )
    assert errors_of({"ES": outcomes["ES"]}) == {RunTimeoutError}
    assert is_whole(outcomes["NQ"], NASDAQ)


def test_a_start_that_never_comes_about_is_what_is_reported_at_the_deadline(
    serve: Serve, repository_at: RepositoryAt
) -> None:
    replay = serve(faults.Silence(occasion=Occasion.HELLO))
    policy = SyncPolicy(deadline=timedelta(seconds=1))
    with pytest.raises(HandshakeTimeoutError):
        bring_up_to_date(repository_at(replay, handshake_timeout=NEVER), "ES", "NQ", policy=policy)


def test_a_pause_is_never_longer_than_the_time_that_is_left(
    serve: Serve, repository_at: RepositoryAt, pauses: Pauses
) -> None:
    replay = serve()
    port = replay.port
    replay.stop()
    with pytest.raises(GatewayUnreachableError):
        bring_up_to_date(
            repository_at(replay, port=port),
            "ES",
            policy=SyncPolicy(deadline=timedelta(seconds=1)),
        )
    assert pauses == []


def test_a_message_too_many_slows_the_run_down_and_loses_nothing(
    serve: Serve, repository_at: RepositoryAt
) -> None:
    """Error 100 names no request: whatever is in flight may be what TWS dropped."""
    replay = serve(faults.Silence(first=2), faults.Notice(code=100, before_row=0, first=2))
    outcomes = bring_up_to_date(repository_at(replay), "ES", "NQ", policy=THREE_TRIES)
    assert is_whole(outcomes["ES"], ES)
    assert is_whole(outcomes["NQ"], NASDAQ)
    assert replay.connections == 1
    asked = [frame.at for frame in replay.frames if isinstance(frame.request, ContractDataRequest)]
    assert asked[-1] - asked[0] >= 0.9


@pytest.mark.faults
def test_a_run_of_many_products_stays_below_the_limit_of_a_strict_gateway(
    serve: Serve, repository_at: RepositoryAt
) -> None:
    replay = serve(messages_per_second=45)
    repository = repository_at(replay, messages_per_second=40.0, requests_in_flight=8)
    symbols = [f"X{number}" for number in range(120)]
    outcomes = bring_up_to_date(repository, *symbols, policy=THREE_TRIES)
    assert list(outcomes) == symbols
    assert symbols_asked(replay) == symbols
    assert replay.connections == 1
