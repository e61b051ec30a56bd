"""What facts come to: well, a warning that keeps no run from succeeding, or a run's own failure."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.errors import (
    ClientLibraryError,
    ConfigError,
    ConfigProblem,
    DatabaseUnavailableError,
    SchemaBehindError,
    UpstreamDownError,
)
from ibkr_sync.domain.runs.contract_counts import ContractCounts
from ibkr_sync.domain.runs.diagnosis.database import (
    DatabaseFacts,
    LockFacts,
    judge_database,
    judge_last_run,
    judge_lock,
)
from ibkr_sync.domain.runs.diagnosis.findings import Check, Finding, Fix, Level
from ibkr_sync.domain.runs.diagnosis.gateway import (
    ClockDifference,
    FarmKind,
    FarmStatus,
    GatewayFacts,
    SessionFacts,
    judge_gateway,
)
from ibkr_sync.domain.runs.diagnosis.installation import (
    LibraryFacts,
    PythonFacts,
    SettingsFacts,
    TimeZoneFacts,
    judge_library,
    judge_python,
    judge_settings,
    judge_time_zones,
)
from ibkr_sync.domain.runs.diagnosis.notifiers import NotifierFacts, judge_notifiers
from ibkr_sync.domain.runs.diagnosis.schedule import judge_schedule
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.run_outcomes import RunOutcome
from ibkr_sync.domain.runs.run_records import RecordedRun
from one_case import one_case

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OK, WARNING, FAILURE, SKIPPED = Level
OWNED = {"ibapi": "9.81.1.post1"}
TOO_OLD = ClientLibraryError("protobuf", "runtime 5.29.3", is_missing=False)
UNLOCKABLE = DatabaseUnavailableError("x", "its lock is a folder")
WRONG = ConfigError([ConfigProblem(source="config.toml:3", key="gateway.port", message="too big")])
RUN = RecordedRun(
    run_id=12,
    origin=Origin.IBKR,
    kind=RunKind.REFRESH,
    started_at=NOW - timedelta(hours=13),
    finished_at=NOW - timedelta(hours=12),
    outcome=RunOutcome.OK,
    error=None,
    message=None,
    succeeded=9,
    failed=0,
    counts=ContractCounts(),
)
STORED = DatabaseFacts(
    name="/data/futures.db",
    path="/data/futures.db",
    mode=0o600,
    revision="ibkr_sync_0003",
    is_sound=True,
    size=3_400_000,
)
SESSION = SessionFacts(
    server_version=157,
    speaks=(157, 226),
    client_id=411,
    first_client_id=411,
    clock=ClockDifference(ahead=timedelta(seconds=-1), is_whole=True, said="20261123 12:00:00 UTC"),
    farms=(FarmStatus(kind=FarmKind.DEFINITIONS, name="secdefil", is_broken=False),),
    outage=None,
    asked="ES@CME",
    contracts=21,
    took=timedelta(seconds=0.2),
)


def run(**changes: Any) -> RecordedRun:
    return dataclasses.replace(RUN, **changes)


FREE, HELD = LockFacts(is_held=False), LockFacts(is_held=True)
OPEN_RUN = run(outcome=RunOutcome.RUNNING)


def stored(**changes: Any) -> DatabaseFacts:
    return dataclasses.replace(STORED, **changes)


def at_gateway(check: Check, **changes: Any) -> Finding:
    session = dataclasses.replace(SESSION, **changes)
    found = judge_gateway(GatewayFacts(host="gw", port=4001, session=session))
    return {finding.check: finding for finding in found}[check]


def in_database(check: Check, keep: timedelta | None = None, **changes: Any) -> Finding:
    found = judge_database(stored(**changes), keep)
    return {finding.check: finding for finding in found}[check]


@one_case(
    ("finding", "level", "words", "fix"),
    [
        (
            judge_python(PythonFacts(version="CPython 3.11.7", platform="Linux", is_posix=True)),
            *(OK, "CPython 3.11.7, Linux", None),
        ),
        (
            judge_python(PythonFacts(version="3.12", platform="Windows", is_posix=False)),
            *(WARNING, "tested on Linux and macOS", None),
        ),
        (
            judge_library(LibraryFacts(owners=OWNED, version="9.81.1", speaks=(100, 157))),
            *(OK, "9.81.1 of ibapi 9.81.1.post1, speaks versions up to 157", None),
        ),
        (
            judge_library(LibraryFacts(owners=OWNED | {"ibapi-latest": "10.45.1"}, version="10.4")),
            *(WARNING, "several packages own it", Fix.INSTALL_ONE_LIBRARY),
        ),
        (
            judge_library(LibraryFacts(owners=OWNED, error=TOO_OLD)),
            *(FAILURE, "It is of ibapi 9.81.1.post1", None),
        ),
        (
            judge_settings(SettingsFacts(profile="ibkr (--profile)", files=("/c.toml",))),
            *(OK, "profile ibkr (--profile); /c.toml", None),
        ),
        (
            judge_settings(SettingsFacts(profile="local (default)", warnings=("no such",))),
            *(WARNING, "no config file; no such", Fix.SETTLE_WARNINGS),
        ),
        (judge_settings(SettingsFacts(error=WRONG)), FAILURE, "", None),
        (
            judge_time_zones(TimeZoneFacts(version="2026.1", known=20, missing=())),
            *(OK, "all 20", None),
        ),
        (
            judge_time_zones(TimeZoneFacts(version=None, known=20, missing=("US/Central",))),
            *(WARNING, "the system's lacks US/Central", Fix.UPDATE_TIME_ZONES),
        ),
        (in_database(Check.DATABASE), OK, "ibkr_sync_0003, sound, 3.4 MB", None),
        (in_database(Check.DATABASE, revision=None), OK, "empty until", None),
        (in_database(Check.DATABASE, is_sound=None), WARNING, "too large", Fix.CHECK_INTEGRITY),
        (in_database(Check.DATABASE, error=SchemaBehindError("x", "old")), FAILURE, "", None),
        (in_database(Check.PERMISSIONS), OK, "0600", None),
        (in_database(Check.PERMISSIONS, mode=0o644), WARNING, "0644", Fix.RESTRICT_FILE),
        (in_database(Check.RAW_REPLIES), OK, "none, kept for ever", None),
        (
            in_database(
                Check.RAW_REPLIES,
                timedelta(days=90),
                reply_count=7,
                reply_size=1_200_000,
                oldest_reply=NOW,
            ),
            *(OK, "7, 1.2 MB, oldest of 2026-11-23, kept for 90d", None),
        ),
        (judge_lock(FREE, RUN), OK, "no run holds it", None),
        (judge_lock(LockFacts(is_held=None), RUN), OK, "no run is open", None),
        (
            judge_lock(FREE, OPEN_RUN),
            *(WARNING, "free, but run 12 of 2026-11-22 23:00 UTC did not end", Fix.REFRESH),
        ),
        (
            judge_lock(LockFacts(is_held=True, holder="process 47"), OPEN_RUN),
            *(WARNING, "process 47, run 12 of 2026-11-22 23:00 UTC", Fix.AWAIT_RUN),
        ),
        (judge_lock(HELD, None), WARNING, "another program", Fix.AWAIT_RUN),
        (
            judge_lock(LockFacts(is_held=None), OPEN_RUN),
            *(WARNING, "goes on, or its process died", Fix.AWAIT_RUN),
        ),
        (
            judge_last_run(RUN, FREE, NOW),
            *(OK, "12 (refresh) of 2026-11-22 23:00 UTC, 13 h ago: ok", None),
        ),
        (judge_last_run(None, FREE, NOW), WARNING, "none yet", Fix.GET_FIRST),
        (judge_last_run(OPEN_RUN, HELD, NOW), OK, "running", None),
        (judge_last_run(OPEN_RUN, LockFacts(is_held=None), NOW), OK, "running", None),
        (judge_last_run(OPEN_RUN, FREE, NOW), WARNING, "but its process died", Fix.REFRESH),
        (
            judge_last_run(run(outcome=RunOutcome.PARTIAL, failed=1), FREE, NOW),
            *(WARNING, "partial, 1 of 10 products failed", Fix.SEE_RUN),
        ),
        (judge_last_run(run(error="ConnectionLostError"), FREE, NOW), WARNING, "ok", Fix.SEE_RUN),
        (judge_last_run(RUN, FREE, NOW + timedelta(days=9)), WARNING, "9 days ago", Fix.REFRESH),
        (judge_last_run(RUN, FREE, NOW + timedelta(hours=14)), WARNING, "27 h ago", Fix.REFRESH),
        (judge_last_run(RUN, FREE, NOW - timedelta(days=9)), OK, "yet to come", None),
        (judge_schedule(("crontab",)), OK, "refresh is in crontab", None),
        (judge_schedule(()), WARNING, "no refresh found", Fix.SCHEDULE_REFRESH),
        (judge_notifiers(NotifierFacts()), OK, "nobody", None),
        (
            judge_notifiers(NotifierFacts(heartbeat="https://hc-ping.com/***", program="/b/x")),
            *(OK, "the heartbeat https://hc-ping.com/***, the command /b/x", None),
        ),
        (
            judge_notifiers(NotifierFacts(program="x", obstacle="no folder of PATH has it")),
            *(WARNING, "the command x can't be run: no folder of PATH", Fix.SET_NOTIFIER),
        ),
        (judge_lock(LockFacts(is_held=None, error=UNLOCKABLE), RUN), FAILURE, "", None),
        (
            at_gateway(Check.CLIENT_ID, client_id=414),
            *(WARNING, "411 to 413 taken", Fix.FREE_CLIENT_ID),
        ),
        (at_gateway(Check.DATA_FARMS, farms=()), OK, "none reported down", None),
        (at_gateway(Check.DATA_FARMS, outage="1100: lost"), FAILURE, "", None),
        (at_gateway(Check.CLOCK, clock=None), SKIPPED, "no time that can be read", None),
        (
            at_gateway(
                Check.CLOCK,
                clock=ClockDifference(
                    ahead=timedelta(seconds=-45), is_whole=False, said="12:00 CST"
                ),
            ),
            *(WARNING, "0:00:45 behind, at 12:00 CST, but for quarters", Fix.SET_CLOCK),
        ),
    ],
)  # fmt: skip
def test_a_fact_has_its_finding(
    finding: Finding, level: Level, words: str, fix: Fix | None
) -> None:
    assert (finding.level, finding.fix) == (level, fix), finding
    assert words in finding.found
    assert (finding.error is not None) == (level is FAILURE)


def test_a_lost_ibkr_is_said_once() -> None:
    lost = UpstreamDownError("gw", 4001, "1100: lost")
    found = at_gateway(Check.CONTRACT_DETAILS, outage="1100: lost", error=lost)
    assert found.level is SKIPPED
    assert at_gateway(Check.CONTRACT_DETAILS, error=lost).level is FAILURE


def test_without_ibapi_only_the_connection_is_judged() -> None:
    first, *others = judge_gateway(GatewayFacts(host="gw", port=4001))
    assert (first.check, first.level) == (Check.CONNECTION, OK)
    assert {other.level for other in others} == {SKIPPED}
