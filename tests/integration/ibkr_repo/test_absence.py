"""IBKR says that it does not know a product: believed of what was never seen, else doubted."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any, TypeAlias

import pytest

from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from fakes.gateway_rig import (
    CRUDE_OIL,
    ES,
    NASDAQ,
    NOW,
    RECORDING,
    Connect,
    Serve,
)
from fakes.recordings import recording_of
from gateway import faults
from gateway.server import ScriptedGateway
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.contracts import ContractListing, ContractState, Venue
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.errors import (
    DefinitionsUnavailableError,
    ProductNotFoundError,
    UpstreamDownError,
)
from ibkr_sync.domain.naming.query import FutureQuery, QueryAlternative
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.repositories.ibkr_repo.repository import IbkrFutureRepository

Local: TypeAlias = InMemoryFutureRepository[Future]
Outcome: TypeAlias = FutureUpdate[Future] | FutureFailure

ONCE = SyncPolicy()
THREE_TRIES = SyncPolicy(tries=3)
A_DAY = timedelta(days=1)
SEEN_BEFORE = ContractListing(first_seen_at=NOW - 60 * A_DAY, last_seen_at=NOW)
ANY_OTHER = (NASDAQ.key, CRUDE_OIL.key)


def exactly(product: Future) -> FutureQuery:
    return FutureQuery(
        symbol=product.symbol, exchange=product.exchange, trading_class=product.trading_class
    )


def unknown(product: Future, **limits: Any) -> faults.ErrorReply:
    """IBKR knows neither the product nor any contract of it."""
    con_ids = frozenset(contract.con_id for contract in product.contracts)
    return faults.ErrorReply(code=200, symbol=product.symbol, con_ids=con_ids, **limits)


def renamed(product: Future, **names: str) -> Future:
    """The product as IBKR calls it after a renaming, in which conIds stay."""
    contracts = tuple(
        dataclasses.replace(
            contract,
            **names,  # type: ignore[arg-type]
            venues=tuple(
                Venue(exchange=names.get("exchange", venue.exchange))
                if venue.exchange == product.exchange
                else venue
                for venue in contract.venues
            ),
        )
        for contract in product.contracts
    )
    return dataclasses.replace(product, **names, contracts=contracts)  # type: ignore[arg-type]


def asked(replay: ScriptedGateway) -> list[tuple[str, str, int]]:
    """Symbol, exchange and conId of every request for contract details."""
    return [
        (request.symbol, request.exchange, request.con_id)
        for request in replay.requests
        if isinstance(request, ContractDataRequest)
    ]


def error_of(outcome: Outcome) -> ProductNotFoundError | UpstreamDownError:
    assert isinstance(outcome, FutureFailure), outcome
    assert isinstance(outcome.error, ProductNotFoundError | UpstreamDownError)
    return outcome.error


class Rig:
    """A database that holds what a gateway told of, and the gateways that come after."""

    def __init__(self, serve: Serve, connect: Connect, local: Local, clock: FakeClock) -> None:
        self.local = local
        self.clock = clock
        self.pauses: list[float] = []
        self._serve = serve
        self._connect = connect

    def store(self, *products: Future) -> None:
        """Store products as a gateway tells of them."""
        gateway = self.gateway(recording=recording_of(*products))
        for outcome in self.ask(gateway, *map(exactly, products)).values():
            assert isinstance(outcome, FutureUpdate)

    def gateway(
        self, *script: faults.Fault, recording: Recording = RECORDING, **options: Any
    ) -> ScriptedGateway:
        return self._serve(*script, recording=recording, **options)

    def ask(
        self, replay: ScriptedGateway, *queries: FutureQuery, policy: SyncPolicy = ONCE
    ) -> dict[FutureQuery, Outcome]:
        repository = IbkrFutureRepository(
            self._connect(replay, self.clock, idle_timeout=2.0),
            self.local,
            Future,
            load_catalogue(),
            self.clock,
            pause=self.pauses.append,
        )
        return {update.query: update for update in repository.get_or_create_many(queries, policy)}


@pytest.fixture
def rig(serve: Serve, connect: Connect) -> Rig:
    clock = FakeClock(NOW)
    return Rig(serve, connect, InMemoryFutureRepository(Future, clock), clock)


def test_what_was_never_seen_is_believed_to_be_unknown_at_once(rig: Rig) -> None:
    rig.store(NASDAQ)
    replay = rig.gateway()
    query = FutureQuery(symbol="NOSUCH", exchange="CME")
    outcome = rig.ask(replay, query, policy=THREE_TRIES)[query]
    assert isinstance(error_of(outcome), ProductNotFoundError)
    assert asked(replay) == [("NOSUCH", "CME", 0)]


def test_a_stored_product_is_believed_to_be_gone_while_another_one_answers(rig: Rig) -> None:
    rig.store(ES, NASDAQ)
    before = dict(rig.local.products)
    replay = rig.gateway(unknown(ES))
    outcomes = rig.ask(replay, exactly(ES), exactly(NASDAQ), policy=THREE_TRIES)
    error = error_of(outcomes[exactly(ES)])
    assert isinstance(error, ProductNotFoundError)
    assert "while it still answers for NQ@CME (NQ)" in str(error.detail)
    assert isinstance(outcomes[exactly(NASDAQ)], FutureUpdate)
    stored = rig.local.products[ES.key]
    assert stored.contracts == before[ES.key].contracts
    assert {
        contract.listing.missing_since for contract in stored.contracts if contract.listing
    } == {NOW}
    assert rig.pauses == []
    nearest, *others = (contract.con_id for contract in ES.contracts)
    probe = NASDAQ.contracts[0].con_id
    by_con_id = [con_id for _, _, con_id in asked(replay) if con_id]
    assert by_con_id == [nearest, probe, *others, probe]


def test_another_stored_product_is_asked_for_when_none_has_answered_in_the_run(rig: Rig) -> None:
    rig.store(ES, CRUDE_OIL)
    replay = rig.gateway(unknown(ES))
    error = error_of(rig.ask(replay, exactly(ES))[exactly(ES)])
    assert isinstance(error, ProductNotFoundError)
    assert "CL@NYMEX (CL)" in str(error.detail)
    assert asked(replay)[-1] == ("", "", CRUDE_OIL.contracts[0].con_id)


@pytest.mark.parametrize(("stored", "probe"), [(CRUDE_OIL, "ES@CME (ES)"), (ES, "EUR@CME (6E)")])
def test_where_nothing_else_is_stored_a_well_known_product_is_asked_for(
    rig: Rig, stored: Future, probe: str
) -> None:
    rig.store(stored)
    euro = renamed(NASDAQ, symbol="EUR", trading_class="6E")
    replay = rig.gateway(unknown(stored), recording=recording_of(ES, CRUDE_OIL, euro))
    error = error_of(rig.ask(replay, exactly(stored))[exactly(stored)])
    assert isinstance(error, ProductNotFoundError)
    assert probe in str(error.detail)


@pytest.mark.parametrize("fault", [faults.ErrorReply(code=200), faults.KeptRows(count=0)])
def test_that_all_that_is_stored_is_unknown_is_not_believed(rig: Rig, fault: faults.Fault) -> None:
    rig.store(ES, NASDAQ, CRUDE_OIL)
    before, history = dict(rig.local.products), list(rig.local.history)
    replay = rig.gateway(fault)
    queries = [exactly(product) for product in (ES, NASDAQ, CRUDE_OIL)]
    outcomes = rig.ask(replay, *queries)
    assert {type(error_of(outcome)) for outcome in outcomes.values()} == {
        DefinitionsUnavailableError
    }
    assert (rig.local.products, rig.local.history) == (before, history)


def test_one_probe_is_asked_for_all_that_is_doubted(rig: Rig) -> None:
    rig.store(ES, NASDAQ, CRUDE_OIL)
    replay = rig.gateway(unknown(ES), unknown(NASDAQ))
    outcomes = rig.ask(replay, exactly(ES), exactly(NASDAQ))
    assert {type(error_of(outcome)) for outcome in outcomes.values()} == {ProductNotFoundError}
    of_probe = [pair for pair in asked(replay) if pair[2] == CRUDE_OIL.contracts[0].con_id]
    assert len(of_probe) == 2  # before the other contracts are asked for, and after


def test_what_is_not_believed_is_asked_for_again(rig: Rig) -> None:
    rig.store(ES, NASDAQ)
    replay = rig.gateway(faults.ErrorReply(code=200, first=5))
    outcomes = rig.ask(replay, exactly(ES), exactly(NASDAQ), policy=THREE_TRIES)
    assert all(isinstance(outcome, FutureUpdate) for outcome in outcomes.values())
    assert len(rig.pauses) == 1


def test_error_200_around_a_break_of_the_line_to_ibkr_is_not_believed(rig: Rig) -> None:
    """The probe answers, but only after IBKR has come back."""
    rig.store(ES, NASDAQ)
    con_ids = frozenset(contract.con_id for contract in ES.contracts)
    replay = rig.gateway(
        faults.ErrorReply(code=200, symbol="ES", con_ids=con_ids, first=1 + len(con_ids)),
        faults.Notice(code=2157, before_row=None, con_ids=con_ids, first=1),
        faults.Notice(code=2158, before_row=None, con_ids=con_ids, first=1),
    )
    error = error_of(rig.ask(replay, exactly(ES))[exactly(ES)])
    assert isinstance(error, DefinitionsUnavailableError)
    again = rig.ask(rig.gateway(), exactly(ES))[exactly(ES)]
    assert isinstance(again, FutureUpdate)


def test_error_200_for_all_while_definitions_are_away_is_asked_again_when_they_are_back(
    rig: Rig,
) -> None:
    rig.store(ES, NASDAQ, CRUDE_OIL)
    before = dict(rig.local.products)
    replay = rig.gateway(
        faults.ErrorReply(code=200, first=1),
        faults.Notice(code=2157, before_row=0, first=1),
        faults.PauseAfterRows(rows=1, seconds=0.5, first=1),
        faults.Notice(code=2158, before_row=None, first=1),
    )
    queries = [exactly(product) for product in (ES, NASDAQ, CRUDE_OIL)]
    policy = SyncPolicy(deadline=timedelta(seconds=30))
    outcomes = rig.ask(replay, *queries, policy=policy)
    assert all(isinstance(outcome, FutureUpdate) for outcome in outcomes.values())
    assert {key: product.contracts for key, product in rig.local.products.items()} == {
        key: value.contracts for key, value in before.items()
    }
    assert rig.pauses == []


@pytest.mark.parametrize(
    "names",
    [
        {"symbol": "SPX500"},
        {"exchange": "CMENEW"},
        {"trading_class": "ESN"},
        {"symbol": "SPX500", "exchange": "CMENEW", "trading_class": "ESN"},
    ],
    ids=["symbol", "exchange", "class", "all"],
)
def test_a_renamed_product_is_found_by_a_contract_and_kept_under_its_new_name(
    rig: Rig, names: dict[str, str]
) -> None:
    rig.store(ES, NASDAQ)
    today = renamed(ES, **names)
    replay = rig.gateway(recording=recording_of(today, NASDAQ))
    outcome = rig.ask(replay, exactly(ES))[exactly(ES)]
    assert isinstance(outcome, FutureUpdate)
    assert outcome.query == exactly(ES)
    assert outcome.product.key == today.key
    assert [contract.con_id for contract in outcome.product.contracts] == [
        contract.con_id for contract in ES.contracts
    ]
    assert asked(replay)[1] == ("", "", ES.contracts[0].con_id)
    assert asked(replay)[2] == (today.symbol, today.exchange, 0)


def test_a_contract_that_is_known_while_its_product_is_not_makes_ibkr_doubtful(rig: Rig) -> None:
    rig.store(ES, NASDAQ)
    replay = rig.gateway(faults.ErrorReply(code=200, symbol="ES"))
    error = error_of(rig.ask(replay, exactly(ES))[exactly(ES)])
    assert isinstance(error, DefinitionsUnavailableError)
    assert f"knows conId {ES.contracts[0].con_id}" in error.detail


def test_a_stored_conid_that_is_unknown_is_doubted_too(rig: Rig) -> None:
    rig.store(ES, NASDAQ)
    con_id = ES.contracts[1].con_id
    query = FutureQuery(symbol=str(con_id), con_id=con_id)
    nothing_known = rig.gateway(faults.ErrorReply(code=200))
    assert isinstance(error_of(rig.ask(nothing_known, query)[query]), DefinitionsUnavailableError)
    replay = rig.gateway(unknown(ES))
    assert isinstance(error_of(rig.ask(replay, query)[query]), ProductNotFoundError)
    assert [pair[2] for pair in asked(replay)] == [con_id, NASDAQ.contracts[0].con_id]


def test_a_conid_that_was_never_seen_is_believed_to_be_unknown_at_once(rig: Rig) -> None:
    rig.store(ES)
    replay = rig.gateway()
    query = FutureQuery(symbol="1234", con_id=1234)
    assert isinstance(error_of(rig.ask(replay, query)[query]), ProductNotFoundError)
    assert len(asked(replay)) == 1


def test_a_product_whose_contracts_have_all_expired_is_believed_to_be_gone(rig: Rig) -> None:
    rig.store(ES, NASDAQ)
    last = NOW - timedelta(days=30)
    expired = tuple(
        dataclasses.replace(
            contract, last_trade_at=last, last_trade_date=last.date(), listing=SEEN_BEFORE
        )
        for contract in rig.local.products[ES.key].contracts
    )
    rig.local.products[ES.key] = dataclasses.replace(rig.local.products[ES.key], contracts=expired)
    for night in (0, 1):
        rig.clock.now = NOW + night * A_DAY
        replay = rig.gateway(unknown(ES))
        error = error_of(rig.ask(replay, exactly(ES))[exactly(ES)])
        assert isinstance(error, ProductNotFoundError)
        assert asked(replay) == [("ES", "CME", 0), ("", "", NASDAQ.contracts[0].con_id)]
        assert (rig.local.products[ES.key].closed_at is not None) == (night == 1)
    assert [change.field for change in rig.local.history].count("closed_at") == 1


def test_a_product_of_which_only_ended_contracts_were_ever_seen_is_found_night_after_night(
    rig: Rig,
) -> None:
    """IBKR answers for its symbol only where expired contracts are asked for."""
    recording, later = recording_of(ES), FakeClock(NOW + 1000 * A_DAY)
    local_symbol = ES.contracts[0].local_symbol
    found_by = QueryAlternative(query=FutureQuery(symbol="X"), local_symbol=local_symbol)
    word = FutureQuery(symbol=local_symbol, alternatives=(found_by,))
    for night, query in enumerate((word, exactly(ES), exactly(ES), exactly(ES))):
        rig.clock.now = later() + night * A_DAY
        replay = rig.gateway(recording=recording, now=later)
        outcome = rig.ask(replay, query)[query]
        assert isinstance(outcome, FutureUpdate), (night, outcome)
        stored = rig.local.products[ES.key]
        assert (len(stored.contracts), stored.absent_since) == (len(ES.contracts), None)
    euro = renamed(NASDAQ, symbol="EUR", trading_class="6E")
    forgotten = rig.gateway(unknown(ES), recording=recording_of(ES, euro))
    assert isinstance(error_of(rig.ask(forgotten, exactly(ES))[exactly(ES)]), ProductNotFoundError)


def test_a_product_that_is_unknown_twice_is_delisted_closed_and_opened_by_its_answer(
    rig: Rig,
) -> None:
    rig.store(ES, NASDAQ)
    seen = []
    for night in (0, 1, 2):
        rig.clock.now = NOW + night * A_DAY
        rig.ask(rig.gateway(unknown(ES)), exactly(ES))
        stored = rig.local.products[ES.key]
        states = {contract.state(rig.clock.now) for contract in stored.contracts}
        seen.append((states, stored.closed_at is not None))
    assert seen == [
        ({ContractState.MISSING}, False),
        ({ContractState.DELISTED}, True),
        ({ContractState.DELISTED}, True),
    ]
    assert isinstance(rig.ask(rig.gateway(), exactly(ES))[exactly(ES)], FutureUpdate)
    stored = rig.local.products[ES.key]
    assert (stored.closed_at, stored.absent_since) == (None, None)
    assert {contract.state(rig.clock.now) for contract in stored.contracts} == {
        ContractState.ACTIVE
    }


def test_without_a_clear_answer_for_one_contract_nothing_is_said_of_any(rig: Rig) -> None:
    rig.store(ES, NASDAQ)
    before = rig.local.products[ES.key]
    last = frozenset({ES.contracts[-1].con_id})
    others = frozenset(contract.con_id for contract in ES.contracts[:-1])
    replay = rig.gateway(
        faults.ErrorReply(code=200, symbol="ES", con_ids=others),
        faults.ErrorReply(code=321, con_ids=last),
    )
    outcome = rig.ask(replay, exactly(ES))[exactly(ES)]
    assert isinstance(outcome, FutureFailure)
    assert everything_of(rig.local.products[ES.key]) == everything_of(before)


def test_a_symbol_that_several_stored_products_share_says_nothing_of_either(rig: Rig) -> None:
    other = renamed(NASDAQ, symbol="ES", trading_class="ESX")
    rig.store(ES, CRUDE_OIL)
    rig.store(other)
    before = {key: everything_of(product) for key, product in rig.local.products.items()}
    of_both = ES.contracts + other.contracts
    con_ids = frozenset(contract.con_id for contract in of_both)
    query = FutureQuery(symbol="ES")
    unknown_both = faults.ErrorReply(code=200, symbol="ES", con_ids=con_ids)
    euro = renamed(NASDAQ, symbol="EUR", trading_class="6E")
    replay = rig.gateway(unknown_both, recording=recording_of(ES, euro))
    assert isinstance(error_of(rig.ask(replay, query)[query]), ProductNotFoundError)
    assert {key: everything_of(product) for key, product in rig.local.products.items()} == before


def test_a_product_of_delisted_contracts_is_still_found_under_its_new_name(rig: Rig) -> None:
    rig.store(ES, NASDAQ)
    for night in (0, 1):
        rig.clock.now = NOW + night * A_DAY
        rig.ask(rig.gateway(unknown(ES)), exactly(ES))
    assert rig.local.products[ES.key].closed_at is not None
    today = renamed(ES, symbol="SPX500")
    outcome = rig.ask(rig.gateway(recording=recording_of(today, NASDAQ)), exactly(ES))[exactly(ES)]
    assert isinstance(outcome, FutureUpdate)
    assert (outcome.product.key, outcome.product.closed_at) == (today.key, None)


def test_what_only_the_catalogue_knows_is_believed_to_be_unknown_at_once(rig: Rig) -> None:
    rig.store(NASDAQ)
    stub = dataclasses.replace(ES, origin=Origin.CATALOGUE, contracts=(), synced_at=None)
    rig.local.products[stub.key] = stub
    replay = rig.gateway(unknown(ES))
    assert isinstance(error_of(rig.ask(replay, exactly(ES))[exactly(ES)]), ProductNotFoundError)
    assert all(symbol for symbol, _, _ in asked(replay))
    assert rig.local.products[stub.key] == stub


def test_the_probe_must_answer_after_the_contracts_were_asked_for_too(rig: Rig) -> None:
    rig.store(ES, NASDAQ)
    before = everything_of(rig.local.products[ES.key])
    probe = frozenset({NASDAQ.contracts[0].con_id})
    gone_meanwhile = faults.ErrorReply(code=200, con_ids=probe, skip=1)
    error = error_of(rig.ask(rig.gateway(unknown(ES), gone_meanwhile), exactly(ES))[exactly(ES)])
    assert isinstance(error, DefinitionsUnavailableError)
    assert everything_of(rig.local.products[ES.key]) == before


def test_in_a_dry_run_an_absence_changes_nothing_and_says_what_it_would(rig: Rig) -> None:
    rig.store(ES, NASDAQ)
    before = rig.local.products[ES.key]
    answers = rig.ask(rig.gateway(unknown(ES)), exactly(ES), policy=SyncPolicy(dry_run=True))
    failure = answers[exactly(ES)]
    assert isinstance(failure, FutureFailure)
    assert failure.diff is not None
    assert len(failure.diff.missing) == len(ES.contracts)
    assert everything_of(rig.local.products[ES.key]) == everything_of(before)


def everything_of(product: Future) -> dict[str, Any]:
    return dataclasses.asdict(product)
