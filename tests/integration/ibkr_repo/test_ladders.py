"""Tick ladders are fetched along the way; a contract is right without them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from databases import dump
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from fakes.gateway_rig import (
    ES,
    NEVER,
    NOW,
    RECORDING,
    Connect,
    RepositoryOf,
    Serve,
    await_arrival,
    bring_up_to_date,
)
from gateway import faults
from gateway.faults import Occasion
from gateway.server import ScriptedGateway
from ibkr_sync.bootstrap import bootstrap
from ibkr_sync.config.settings import GatewaySettings, ProfileSettings
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.history.events import Event, EventType
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureUpdate
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.replay.protocol.requests import MarketRuleRequest
from ibkr_sync.infrastructure.replay.protocol.wire import wire_frame
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.replay.rows import MarketRuleRow
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.repository import IbkrFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database

Local = InMemoryFutureRepository[Future]

REFRESH = SyncPolicy(kind=RunKind.REFRESH)


def rules_asked(replay: ScriptedGateway) -> list[str]:
    return [
        request.market_rule_id
        for request in replay.requests
        if isinstance(request, MarketRuleRequest)
    ]


def with_rules(*rules: MarketRuleRow) -> Recording:
    return Recording(contracts=RECORDING.contracts, market_rules=rules)


def test_a_ladder_is_stored_exactly_and_asked_for_once(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    increments = (("-9999", "5.0E-7"), ("0", "0.01"), ("3.5", "0.25"))
    replay = serve(recording=with_rules(MarketRuleRow(market_rule_id="67", increments=increments)))
    repository = repository_of(replay)
    bring_up_to_date(repository, "ES", "NQ", "CL")
    bring_up_to_date(repository, "ES")
    expected = [("-9999", "0.0000005"), ("0", "0.01"), ("3.5", "0.25")]
    assert local.market_rules == {
        67: MarketRule(
            market_rule_id=67,
            increments=tuple(
                PriceIncrement(low_edge=Decimal(edge), increment=Decimal(step))
                for edge, step in expected
            ),
        )
    }
    assert rules_asked(replay) == ["67"]


def plain_rule(rule_id: int, increment: str) -> MarketRuleRow:
    return MarketRuleRow(market_rule_id=str(rule_id), increments=(("0", increment),))


def in_use(*rules: MarketRuleRow) -> Recording:
    """A recording in which each of these rules, and no other, applies on a venue of each ES."""
    ids = ",".join(rule.market_rule_id for rule in rules)
    venues = ",".join(f"V{rule.market_rule_id}" for rule in rules)
    rows = (
        dataclasses.replace(row, market_rule_ids=ids, valid_exchanges=venues)
        if row.symbol == "ES"
        else row
        for row in RECORDING.contracts
    )
    return Recording(contracts=tuple(rows), market_rules=rules)


def store_ladders(local: Local, *rule_ids: int) -> None:
    step = PriceIncrement(low_edge=Decimal(0), increment=Decimal(9))
    local.store_market_rules(
        MarketRule(market_rule_id=number, increments=(step,)) for number in rule_ids
    )


def increments(local: Local) -> dict[int, Decimal]:
    return {rule: ladder.increments[0].increment for rule, ladder in local.market_rules.items()}


@pytest.mark.parametrize("kind", [RunKind.REFRESH, RunKind.NAMED_REFRESH])
def test_a_refresh_asks_again_for_each_ladder_in_use_the_unknown_ones_first(
    serve: Serve, repository_of: RepositoryOf, local: Local, kind: RunKind
) -> None:
    store_ladders(local, 50, 67, 999)
    rules = (plain_rule(50, "1"), plain_rule(67, "0.5"), plain_rule(110, "4"))
    replay = serve(recording=in_use(*rules))
    outcomes = bring_up_to_date(
        repository_of(replay), "ES", "NQ", "CL", policy=SyncPolicy(kind=kind)
    )
    assert all(isinstance(outcome, FutureUpdate) for outcome in outcomes.values())
    assert rules_asked(replay) == ["110", "50", "67"]
    assert all(isinstance(request, MarketRuleRequest) for request in replay.requests[-3:])
    expected = {50: "1", 67: "0.5", 110: "4", 999: "9"}
    assert increments(local) == {rule: Decimal(step) for rule, step in expected.items()}


def test_a_ladder_is_asked_for_again_when_the_tick_beside_it_changed(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    rules = (plain_rule(67, "0.25"), plain_rule(68, "0.25"))
    bring_up_to_date(repository_of(serve(recording=in_use(*rules))), "ES", "NQ")
    for tick, asked in (("0.25", []), ("0.5", ["67", "68"]), ("0.5", [])):
        recording = in_use(plain_rule(67, tick), plain_rule(68, tick))
        rows = [
            dataclasses.replace(row, min_tick=tick) if row.symbol == "ES" else row
            for row in recording.contracts
        ]
        replay = serve(recording=dataclasses.replace(recording, contracts=tuple(rows)))
        bring_up_to_date(repository_of(replay), "ES", "NQ")
        assert rules_asked(replay) == asked
    assert increments(local) == {67: Decimal("0.5"), 68: Decimal("0.5")}


def test_a_ladder_is_asked_for_again_when_the_tick_of_one_contract_changed(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    recording = in_use(plain_rule(67, "0.25"))
    bring_up_to_date(repository_of(serve(recording=recording)), "ES", "NQ")
    first, *others = recording.contracts
    odd = dataclasses.replace(first, min_tick="0.05")
    replay = serve(recording=dataclasses.replace(recording, contracts=(odd, *others)))
    bring_up_to_date(repository_of(replay), "ES", "NQ")
    assert rules_asked(replay) == ["67"]


def test_a_refresh_that_writes_nothing_asks_for_no_ladder(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    replay = serve()
    policy = dataclasses.replace(REFRESH, dry_run=True)
    bring_up_to_date(repository_of(replay), "ES", policy=policy)
    assert rules_asked(replay) == []


def test_a_ladder_that_a_refresh_does_not_get_stays_and_the_run_is_well(
    serve: Serve, repository_of: RepositoryOf, local: Local, caplog: pytest.LogCaptureFixture
) -> None:
    store_ladders(local, 67)
    replay = serve(faults.Silence(occasion=Occasion.MARKET_RULE))
    bring_up_to_date(repository_of(replay, idle_timeout=0.3), "ES", policy=REFRESH)
    assert rules_asked(replay) == ["67"]
    assert increments(local) == {67: Decimal(9)}
    assert local.runs[0].outcome == "ok"
    assert "0 of 1 tick ladders received" in caplog.text


def test_a_refresh_spaces_its_requests_for_ladders(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    rules = range(1, 11)
    store_ladders(local, *rules)
    replay = serve(recording=in_use(*(plain_rule(rule, "1") for rule in rules)))
    repository = repository_of(replay, messages_per_second=20.0)
    bring_up_to_date(repository, "ES", policy=REFRESH)
    times = [frame.at for frame in replay.frames if isinstance(frame.request, MarketRuleRequest)]
    assert set(increments(local).values()) == {Decimal(1)}
    assert times[-1] - times[0] >= 9 * 0.045


def gateway_of(repository: IbkrFutureRepository[Future]) -> Gateway:
    source: Any = repository.source
    gateway: Gateway = source._gateway
    return gateway


def test_what_is_left_of_the_ladders_is_not_asked_for_once_the_run_s_time_is_over(
    serve: Serve, repository_of: RepositoryOf, local: Local, caplog: pytest.LogCaptureFixture
) -> None:
    rules = range(1, 101)
    store_ladders(local, *rules)
    replay = serve(recording=in_use(*(plain_rule(rule, "1") for rule in rules)))
    repository = repository_of(replay, messages_per_second=20.0)
    policy = dataclasses.replace(REFRESH, deadline=timedelta(seconds=2))
    bring_up_to_date(repository, "ES", policy=policy)
    await_arrival(gateway_of(repository))
    asked = len(rules_asked(replay))
    assert 0 < asked < 90
    received = sum(step == 1 for step in increments(local).values())
    assert 0 < received <= asked
    assert local.runs[0].outcome == "ok"
    message = f"{received} of 100 tick ladders received: the time of the run was over"
    assert caplog.messages.count(message) == 1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What a refresh left: events from the first one on, and the rows of the tick ladders."""

    events: tuple[Event, ...]
    ladders: list[Any]


RefreshWith: TypeAlias = Callable[[int, str], Refreshed]


@pytest.fixture
def refresh_with(serve: Serve, connect: Connect, tmp_path: Path) -> RefreshWith:
    """Refresh ES on the day of this number, while rule 67 has this increment."""
    path = tmp_path / "futures.db"
    profile = ProfileSettings(
        source="ibkr", replay=None, database=str(path), gateway=GatewaySettings()
    )

    def refresh(day: int, increment: str) -> Refreshed:
        clock = FakeClock(NOW + timedelta(days=day))
        gateway = connect(serve(recording=with_rules(plain_rule(67, increment))), clock)
        with bootstrap(profile, Future, gateway=gateway, clock=clock) as services:
            (outcome,) = services.futures.get_many([FutureQuery(symbol="ES")], REFRESH)
            assert isinstance(outcome, FutureUpdate)
            events = services.history.changes(NOW, clock.now)
        with Database(path) as database:
            tables = dump(database)
        rows = [*tables["market_rules"], *tables["market_rule_increments"]]
        return Refreshed(events=events, ladders=rows)

    return refresh


def test_another_ladder_under_the_same_rule_is_reported_as_critical(
    refresh_with: RefreshWith,
) -> None:
    refresh_with(0, "0.25")
    events = refresh_with(1, "0.5").events
    (event,) = (other for other in events if other.type is EventType.TICK_CHANGED)
    assert (event.severity, event.product) == (Severity.CRITICAL, ES.key)
    assert (event.old, event.new) == ("67 0:0.25", "67 0:0.5")
    assert (event.at, event.run) == (NOW + timedelta(days=1), 2)


def test_a_ladder_that_is_still_the_same_writes_nothing(refresh_with: RefreshWith) -> None:
    first = refresh_with(0, "0.25")
    second = refresh_with(1, "0.25")
    assert len(first.ladders) == 2
    assert second.ladders == first.ladders
    assert EventType.TICK_CHANGED not in {event.type for event in second.events}


def test_an_outcome_does_not_wait_for_ladders(serve: Serve, repository_of: RepositoryOf) -> None:
    replay = serve(faults.Silence(occasion=Occasion.MARKET_RULE))
    repository = repository_of(replay, idle_timeout=0.3)
    outcomes = repository.get_or_create_many([FutureQuery(symbol="ES")], SyncPolicy())
    assert isinstance(next(outcomes), FutureUpdate)
    assert rules_asked(replay) == []
    assert list(outcomes) == []
    assert rules_asked(replay) == ["67"]


@pytest.mark.parametrize(
    "payload",
    [
        b"93\x0067\x00x\0",
        b"93\x0067\x003\x000\x000.25\0",
        b"93\x0067\x000\0",
        b"93\x0067\x001\x000\x00nan\0",
        b"93\x0067\x001\x00inf\x001\0",
        b"93\x0067\x001\x000\x000\0",
        b"93\x0067\x001\x000\x00-1\0",
        b"93\x0067\x002\x000\x001\x000\x002\0",
        b"93\x0067\x002\x005\x001\x000\x002\0",
        b"93\x0067\x001\x000\x001.7976931348623157e308\0",
    ],
)
@pytest.mark.text_protocol
def test_a_ladder_that_is_none_is_reported_and_not_stored(
    serve: Serve,
    repository_of: RepositoryOf,
    local: Local,
    caplog: pytest.LogCaptureFixture,
    payload: bytes,
) -> None:
    replay = serve(faults.RawReply(occasion=Occasion.MARKET_RULE, data=wire_frame(payload)))
    outcomes = bring_up_to_date(
        repository_of(replay, idle_timeout=NEVER, total_timeout=NEVER, run_timeout=NEVER), "ES"
    )
    assert isinstance(outcomes["ES"], FutureUpdate)
    assert local.market_rules == {}
    assert "0 of 1 tick ladders received" in caplog.text


def test_a_ladder_that_is_refused_costs_no_wait_and_no_other_ladder(
    serve: Serve, repository_of: RepositoryOf, local: Local, caplog: pytest.LogCaptureFixture
) -> None:
    """TWS refuses an unknown rule without saying which one it was: the id is -1, the code 321."""
    replay = serve(
        faults.ReplacedField(row=0, field="market_rule_ids", value="66,68"),
        faults.ReplacedField(row=1, field="market_rule_ids", value="67,69"),
        recording=with_rules(plain_rule(67, "0.25"), plain_rule(69, "0.5")),
    )
    repository = repository_of(replay, idle_timeout=300.0, total_timeout=300.0)
    bring_up_to_date(repository, "ES", exchange="CME")
    assert rules_asked(replay)[:4] == ["66", "67", "68", "69"]
    assert len(rules_asked(replay)) <= 8
    assert set(local.market_rules) == {67, 69}
    assert "tick ladders received: IBKR error 321" in caplog.text


@pytest.mark.text_protocol
def test_an_error_that_names_another_request_is_no_ladder_s(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    stranger = wire_frame(b"4\x002\x00999999\x00321\x00Error validating request.\0")
    replay = serve(
        faults.InsertedBytes(data=stranger, occasion=Occasion.MARKET_RULE),
        recording=in_use(plain_rule(67, "0.25")),
    )
    bring_up_to_date(repository_of(replay), "ES")
    assert rules_asked(replay) == ["67"]
    assert set(local.market_rules) == {67}


def test_a_gateway_that_hangs_up_over_a_ladder_has_still_given_its_products(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    replay = serve(faults.HangUpAfterRows(occasion=Occasion.MARKET_RULE))
    outcomes = bring_up_to_date(repository_of(replay), "ES")
    assert isinstance(outcomes["ES"], FutureUpdate)
    assert local.market_rules == {}
    assert local.runs[0].outcome == "ok"


def test_ladders_do_not_outlast_the_run_s_time(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    replay = serve(faults.Silence(occasion=Occasion.MARKET_RULE))
    repository = repository_of(replay, run_timeout=0.5, idle_timeout=NEVER, total_timeout=NEVER)
    outcomes = bring_up_to_date(repository, "ES")
    assert isinstance(outcomes["ES"], FutureUpdate)
    assert local.runs[0].outcome == "ok"


def test_no_ladder_is_asked_for_once_the_run_s_time_is_over(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    replay = serve(faults.Silence(symbol="NQ"))
    repository = repository_of(replay, run_timeout=0.3, idle_timeout=NEVER, total_timeout=NEVER)
    bring_up_to_date(repository, "ES", "NQ")
    await_arrival(gateway_of(repository))
    assert rules_asked(replay) == []
