"""When data is stale, and which of all that happened is the reason."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from ibkr_sync.domain.entities.futures import AssetClass, Origin, ProductKey
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.contract_counts import ContractCounts
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.run_outcomes import ProductOutcome, RunOutcome
from ibkr_sync.domain.runs.run_records import RecordedProduct, RecordedRun
from ibkr_sync.domain.runs.staleness import StaleReason, is_alarmingly_stale, judge_staleness
from one_case import one_case

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MAX_AGE = timedelta(hours=26)
KEY = ProductKey("ES", "CME", "ES")
ASKED = FutureQuery(symbol="ES", exchange="CME", trading_class="ES")


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def stored(synced_at: datetime | None) -> ProductSummary:
    return ProductSummary(
        key=KEY,
        asset_class=AssetClass.INDEX,
        category=None,
        currency="USD",
        name=None,
        origin=Origin.IBKR,
        listed=4,
        next_expiry=date(2026, 12, 18),
        synced_at=synced_at,
    )


def attempt(
    at: datetime,
    outcome: ProductOutcome = ProductOutcome.FAILED,
    *,
    run_id: int = 7,
    key: ProductKey | None = KEY,
    asked: FutureQuery = ASKED,
) -> RecordedProduct:
    has_failed = outcome is ProductOutcome.FAILED
    return RecordedProduct(
        run_id=run_id,
        asked=asked,
        key=key,
        outcome=outcome,
        error="ReplyTimeoutError" if has_failed else None,
        message="it stalled" if has_failed else None,
        counts=ContractCounts(),
        at=at,
    )


def a_run(
    started_at: datetime, outcome: RunOutcome, *, run_id: int = 8, error: str | None = None
) -> RecordedRun:
    return RecordedRun(
        run_id=run_id,
        origin=Origin.IBKR,
        kind=RunKind.REFRESH,
        started_at=started_at,
        finished_at=None if outcome is RunOutcome.RUNNING else started_at + timedelta(minutes=1),
        outcome=outcome,
        error=error,
        message="refused" if error else None,
        succeeded=0,
        failed=0,
        counts=ContractCounts(),
    )


@one_case("age", [timedelta(0), timedelta(hours=3), MAX_AGE - timedelta(seconds=1)])
def test_what_was_synced_within_the_time_is_fresh_whatever_went_wrong_since(
    age: timedelta,
) -> None:
    failed, run = attempt(NOW), a_run(NOW, RunOutcome.FAILED)

    assert (
        judge_staleness(ASKED, stored(NOW - age), [failed], run, max_age=MAX_AGE, now=NOW) is None
    )


OLD = ago(hours=50)


@one_case(
    ("synced_at", "attempts", "run", "message"),
    [
        (ago(hours=26), [], None, (StaleReason.NO_RUN_SINCE, None, None)),
        (NOW + timedelta(minutes=5), [], None, (StaleReason.CLOCK_BEHIND, None, None)),
        (NOW + timedelta(minutes=5), [attempt(NOW)], None, (StaleReason.CLOCK_BEHIND, None, None)),
        (OLD, [attempt(ago(hours=8))], None, (StaleReason.FAILED, ago(hours=8), 7)),
        (OLD, [attempt(ago(hours=60))], None, (StaleReason.NO_RUN_SINCE, None, None)),
        (None, [attempt(ago(hours=60))], None, (StaleReason.FAILED, ago(hours=60), 7)),
        (
            OLD,
            [attempt(ago(hours=8), ProductOutcome.UNCHANGED)],
            a_run(ago(hours=8), RunOutcome.OK),
            (StaleReason.OLD_REPLY, ago(hours=8), 7),
        ),
        (
            OLD,
            [attempt(OLD + timedelta(minutes=1), ProductOutcome.UPDATED)],
            a_run(ago(hours=8), RunOutcome.OK),
            (StaleReason.NOT_ASKED_FOR, None, None),
        ),
        (
            OLD,
            [attempt(OLD, ProductOutcome.UPDATED)],
            a_run(OLD - timedelta(minutes=1), RunOutcome.OK, run_id=7),
            (StaleReason.NO_RUN_SINCE, None, None),
        ),
        (
            OLD,
            [attempt(OLD, ProductOutcome.UPDATED)],
            a_run(ago(hours=8), RunOutcome.FAILED, error="GatewayUnreachableError"),
            (StaleReason.RUN_CUT_SHORT, None, 8),
        ),
        (
            OLD,
            [attempt(OLD, ProductOutcome.UPDATED)],
            a_run(ago(hours=8), RunOutcome.FAILED),
            (StaleReason.NOT_ASKED_FOR, None, None),
        ),
        (
            OLD,
            [attempt(ago(hours=32))],
            a_run(ago(hours=8), RunOutcome.INTERRUPTED),
            (StaleReason.FAILED, ago(hours=32), 7),
        ),
        (
            OLD,
            [attempt(ago(hours=8), run_id=8)],
            a_run(ago(hours=9), RunOutcome.PARTIAL),
            (StaleReason.FAILED, ago(hours=8), 8),
        ),
        (OLD, [], a_run(ago(hours=8), RunOutcome.OK), (StaleReason.NOT_ASKED_FOR, None, None)),
        (
            OLD,
            [],
            a_run(ago(hours=1), RunOutcome.RUNNING),
            (StaleReason.RUN_UNFINISHED, None, 8),
        ),
        (None, [], None, (StaleReason.NEVER_SYNCED, None, None)),
        (None, [], a_run(OLD, RunOutcome.OK), (StaleReason.NEVER_SYNCED, None, None)),
        (None, [], a_run(OLD, RunOutcome.INTERRUPTED), (StaleReason.RUN_CUT_SHORT, None, 8)),
    ],
)
def test_the_products_own_last_try_is_the_reason_and_else_the_last_refresh(
    synced_at: datetime | None,
    attempts: list[RecordedProduct],
    run: RecordedRun | None,
    message: tuple[StaleReason, datetime | None, int | None],
) -> None:
    stale = judge_staleness(ASKED, stored(synced_at), attempts, run, max_age=MAX_AGE, now=NOW)

    assert stale is not None
    assert (stale.asked, stale.key, stale.synced_at) == (ASKED, KEY, synced_at)
    assert (stale.reason, stale.tried_at, stale.run_id) == message


def test_what_failed_is_reported_with_its_error() -> None:
    stale = judge_staleness(ASKED, stored(OLD), [attempt(NOW)], None, max_age=MAX_AGE, now=NOW)

    assert stale is not None
    assert (stale.error, stale.message) == ("ReplyTimeoutError", "it stalled")


def test_what_cut_a_run_short_is_reported_with_its_error() -> None:
    run = a_run(NOW, RunOutcome.FAILED, error="GatewayUnreachableError")

    stale = judge_staleness(ASKED, stored(OLD), [], run, max_age=MAX_AGE, now=NOW)

    assert stale is not None
    assert (stale.error, stale.message) == ("GatewayUnreachableError", "refused")


def test_a_product_that_is_not_stored_was_never_synced() -> None:
    stale = judge_staleness(ASKED, None, [], None, max_age=MAX_AGE, now=NOW)

    assert stale is not None
    assert (stale.key, stale.synced_at, stale.reason) == (None, None, StaleReason.NEVER_SYNCED)


DAX = FutureQuery(symbol="DAX")


@one_case(
    ("other", "is_about"),
    [
        (attempt(NOW, key=None), True),
        (attempt(NOW, asked=DAX), True),
        (attempt(NOW, key=None, asked=FutureQuery(symbol="ES")), False),
        (attempt(NOW, key=ProductKey("ES", "NOTCME", "ES")), False),
        (attempt(NOW, key=None, asked=DAX), False),
    ],
)
def test_only_what_was_tried_for_this_product_counts(
    other: RecordedProduct, is_about: bool
) -> None:
    stale = judge_staleness(ASKED, stored(OLD), [other], None, max_age=MAX_AGE, now=NOW)

    assert stale is not None
    assert stale.reason is (StaleReason.FAILED if is_about else StaleReason.NO_RUN_SINCE)


@one_case(
    ("outcome", "error", "started_at", "alarming"),
    [
        (RunOutcome.OK, None, OLD, False),
        (RunOutcome.PARTIAL, None, OLD, False),
        (RunOutcome.FAILED, None, ago(hours=1), False),
        (RunOutcome.FAILED, "GatewayUnreachableError", ago(hours=1), True),
        (RunOutcome.INTERRUPTED, None, ago(hours=1), True),
        (RunOutcome.RUNNING, None, ago(hours=1), False),
        (RunOutcome.RUNNING, None, ago(hours=26), True),
    ],
)
def test_a_run_that_was_cut_short_or_never_ends_is_alarming(
    outcome: RunOutcome, error: str | None, started_at: datetime, alarming: bool
) -> None:
    run = a_run(started_at, outcome, error=error)

    assert is_alarmingly_stale(run, max_age=MAX_AGE, now=NOW) is alarming
