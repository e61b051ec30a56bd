"""Tick ladders are fetched along the way; a contract is right without them."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from fakes.futures import InMemoryFutureRepository
from fakes.gateway_rig import RECORDING, RepositoryOf, Serve, bring_up_to_date
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.sync import FutureQuery, FutureUpdate, SyncPolicy
from ibkr_sync.infrastructure.replay import faults
from ibkr_sync.infrastructure.replay.faults import Occasion
from ibkr_sync.infrastructure.replay.requests import MarketRuleRequest
from ibkr_sync.infrastructure.replay.rows import MarketRuleRow, Recording
from ibkr_sync.infrastructure.replay.server import ReplayGateway
from ibkr_sync.infrastructure.replay.wire import frame

Local = InMemoryFutureRepository[Future]


def rules_asked(replay: ReplayGateway) -> list[str]:
    return [each.market_rule_id for each in replay.requests if isinstance(each, MarketRuleRequest)]


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
    replay = serve(faults.RawReply(occasion=Occasion.MARKET_RULE, data=frame(payload)))
    began = time.monotonic()
    outcomes = bring_up_to_date(repository_of(replay, idle_timeout=30.0), "ES")
    assert time.monotonic() - began < 5
    assert isinstance(outcomes["ES"], FutureUpdate)
    assert local.market_rules == {}
    assert "tick ladder is not known yet" in caplog.text


def test_a_ladder_that_never_comes_costs_one_wait_and_no_other_ladder(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    """TWS refuses an unknown rule without saying which one it was."""
    known = MarketRuleRow(market_rule_id="67", increments=(("0", "0.25"),))
    replay = serve(
        faults.ReplacedField(row=0, field="market_rule_ids", value="67,68"),
        faults.ReplacedField(row=1, field="market_rule_ids", value="67,69"),
        recording=with_rules(known),
    )
    repository = repository_of(replay, idle_timeout=0.3)
    began = time.monotonic()
    bring_up_to_date(repository, "ES")
    assert time.monotonic() - began < 2
    assert rules_asked(replay) == ["67", "68", "69"]
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
    repository = repository_of(replay, run_timeout=0.5, idle_timeout=60.0, total_timeout=60.0)
    began = time.monotonic()
    outcomes = bring_up_to_date(repository, "ES")
    assert time.monotonic() - began < 3
    assert isinstance(outcomes["ES"], FutureUpdate)
    assert local.runs[0].outcome == "ok"


def test_no_ladder_is_asked_for_once_the_run_s_time_is_over(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    replay = serve(faults.Silence(symbol="NQ"))
    repository = repository_of(replay, run_timeout=0.3, idle_timeout=60.0, total_timeout=60.0)
    bring_up_to_date(repository, "ES", "NQ")
    repository._gateway.request_time().result(5)  # what was sent before it has arrived
    assert rules_asked(replay) == []
