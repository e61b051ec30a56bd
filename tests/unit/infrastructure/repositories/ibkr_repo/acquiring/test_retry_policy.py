"""What is worth another try, and after how long."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.domain import errors
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.retry_policy import RetryPolicy
from one_case import one_case

ES = ProductKey("ES", "CME", "ES")
AT = ("127.0.0.1", 4002)
REFUSED = errors.UnreachableReason.REFUSED

ONE_TRY = RetryPolicy.of(SyncPolicy())
THREE_TRIES = RetryPolicy.of(SyncPolicy(tries=3))
WITH_DEADLINE = RetryPolicy.of(SyncPolicy(tries=3, deadline=timedelta(minutes=30)))

OF_THE_MOMENT = [
    errors.RunTimeoutError(),
    errors.ReplyTimeoutError("nothing arrived for 30 s"),
    errors.ConnectionLostError(*AT, "closed"),
    errors.PacingError(*AT, "100"),
    errors.UpstreamDownError(*AT, "1100"),
    errors.DefinitionsUnavailableError(*AT, "error 200 for all"),
]
OF_THE_GATEWAY = [
    errors.GatewayUnreachableError(*AT, REFUSED, "connection refused"),
    errors.HandshakeTimeoutError(*AT, "silent"),
    errors.HandshakeClosedError(*AT, "closed"),
    errors.ClientIdInUseError(*AT, "326"),
]
MAYBE_DAMAGED = errors.InvalidReplyError("ESZ6", "con_id", 0, "is no conId")
FOR_GOOD = [
    errors.GatewayMovedError(*AT, 4003),
    errors.NotAGatewayError(*AT, "HTTP"),
    errors.UnsupportedServerVersionError(*AT, "60"),
    errors.RequestRejectedError(321, "Error validating request"),
    errors.ReplyTooLargeError("ES@CME", 5_000),
    errors.ShrinkRefusedError(ES, stored=21, lost=18),
    errors.SampleDataError(ES),
    errors.ProductNotFoundError("ES", "IBKR"),
    errors.AmbiguousProductError("ES", []),
    errors.DatabaseLockedError("a.db", "locked"),
    errors.AlreadyRunningError("a.db.lock"),
]


def worth(retry_policy: RetryPolicy, error: errors.IbkrSyncError, tried: int = 1) -> bool:
    return retry_policy.is_worth_another_try(error, tried=tried)


def name(value: object) -> str:
    return type(value).__name__


@one_case("error", OF_THE_MOMENT)
def test_a_transient_failure_is_worth_another_try(
    error: errors.IbkrSyncError,
) -> None:
    assert [worth(THREE_TRIES, error, tried) for tried in (1, 2, 3, 4)] == [
        True,
        True,
        False,
        False,
    ]
    assert all(worth(WITH_DEADLINE, error, tried) for tried in (1, 3, 1000))
    assert not worth(ONE_TRY, error)


@one_case("error", OF_THE_GATEWAY)
def test_a_gateway_that_may_come_is_worth_waiting_for_with_a_deadline_only(
    error: errors.IbkrSyncError,
) -> None:
    assert worth(WITH_DEADLINE, error)
    assert not worth(THREE_TRIES, error)


def test_a_reply_that_makes_no_sense_is_asked_for_once_more() -> None:
    for retry_policy in (THREE_TRIES, WITH_DEADLINE):
        assert [worth(retry_policy, MAYBE_DAMAGED, tried) for tried in (1, 2)] == [True, False]
    assert not worth(ONE_TRY, MAYBE_DAMAGED)


@one_case("error", FOR_GOOD)
def test_what_would_fail_again_is_never_worth_another_try(error: errors.IbkrSyncError) -> None:
    assert not worth(WITH_DEADLINE, error)
    assert not worth(THREE_TRIES, error)


def test_every_error_of_a_gateway_or_a_reply_has_its_place() -> None:
    """A new error has to be put into one of the lists."""

    def below(kind: type[errors.IbkrSyncError]) -> set[type[errors.IbkrSyncError]]:
        return {kind}.union(*(below(subclass) for subclass in kind.__subclasses__()))

    placed = {type(error) for error in (*OF_THE_MOMENT, *OF_THE_GATEWAY, MAYBE_DAMAGED, *FOR_GOOD)}
    abstract = {errors.GatewayError, errors.HandshakeError, errors.ReplyError}
    of_other_sources = {
        errors.OutdatedDataError,
        errors.UndatedDataError,
        errors.RawReplyError,
    }
    known = placed | abstract | of_other_sources
    assert below(errors.GatewayError) | below(errors.ReplyError) <= known


@one_case(
    ("retry_policy", "pauses"),
    [(THREE_TRIES, [2, 8]), (WITH_DEADLINE, [2, 4, 8, 16, 32, 60, 60, 60])],
)
def test_pauses_grow(retry_policy: RetryPolicy, pauses: list[float]) -> None:
    tries = range(1, len(pauses) + 1)
    assert [retry_policy.pause(tried=other, left=1800, jitter=0) for other in tries] == pauses


@one_case(("left", "pause"), [(1800.0, 60.0), (60.5, 60.0), (60.0, 30.0), (10.0, 5.0), (3.0, 2.0)])
def test_towards_the_deadline_pauses_shrink(left: float, pause: float) -> None:
    assert WITH_DEADLINE.pause(tried=20, left=left, jitter=0) == pause


@pytest.mark.parametrize("retry_policy", [THREE_TRIES, WITH_DEADLINE], ids=["tries", "deadline"])
@pytest.mark.parametrize("left", [2.0, 1.0, 0.0, -5.0])
def test_without_time_for_a_pause_there_is_none(retry_policy: RetryPolicy, left: float) -> None:
    assert retry_policy.pause(tried=1, left=left, jitter=0) is None


@given(
    retry_policy=st.sampled_from([THREE_TRIES, WITH_DEADLINE]),
    tried=st.integers(1, 10_000),
    left=st.floats(-10, 1e6),
    jitter=st.floats(0, 1),
)
def test_a_pause_is_two_seconds_at_least_and_ends_in_time(
    retry_policy: RetryPolicy, tried: int, left: float, jitter: float
) -> None:
    pause = retry_policy.pause(tried=tried, left=left, jitter=jitter)
    assert pause is None or 2 <= pause < min(left, 72.1)
