"""What stands in a reply is there, wherever it stands; what does not is asked for by its conId."""

from __future__ import annotations

import dataclasses

import pytest

from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from fakes.gateway_rig import ES, NASDAQ, NOW, Connect, Serve
from fakes.recordings import recording_of
from gateway import faults
from gateway.server import ScriptedGateway
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.contracts import ContractState, FuturesContract, Venue
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import ShrinkRefusedError
from ibkr_sync.domain.evidence.chain_diff import FieldChange
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.repository import IbkrFutureRepository

QUERY = FutureQuery(symbol="NQ", exchange="CME", trading_class="NQ")
LEFT = NASDAQ.contracts[:-2]
LEAVING = NASDAQ.contracts[-2:]
LEAVING_IDS = frozenset(contract.con_id for contract in LEAVING)


class Nights:
    """A database that holds the chain, and one question for it a night."""

    def __init__(self, serve: Serve, connect: Connect) -> None:
        self._serve = serve
        self._connect = connect
        self.clock = FakeClock(NOW)
        self.remarks: tuple[str, ...] = ()
        self.local: InMemoryFutureRepository[Future] = InMemoryFutureRepository(Future, self.clock)
        self.night([NASDAQ, ES])
        self.first_night = len(self.local.history)

    def night(self, products: list[Future], *script: faults.Fault) -> ScriptedGateway:
        """Ask a gateway that knows these products, then let 21 hours pass."""
        replay, outcome = self._ask(products, script)
        assert isinstance(outcome, FutureUpdate), outcome
        self.remarks = outcome.remarks
        self.clock.advance(hours=21)
        return replay

    def refused_night(self, products: list[Future], *script: faults.Fault) -> ScriptedGateway:
        """Ask a gateway whose reply lacks too much."""
        replay, outcome = self._ask(products, script)
        assert isinstance(outcome, FutureFailure)
        assert isinstance(outcome.error, ShrinkRefusedError)
        return replay

    def _ask(
        self, products: list[Future], script: tuple[faults.Fault, ...]
    ) -> tuple[ScriptedGateway, FutureUpdate[Future] | FutureFailure]:
        replay = self._serve(*script, recording=recording_of(*products), now=self.clock)
        repository = IbkrFutureRepository(
            self._connect(replay, clock=self.clock, idle_timeout=2.0),
            self.local,
            Future,
            load_catalogue(),
            self.clock,
        )
        (outcome,) = repository.get_or_create_many([QUERY], SyncPolicy())
        return replay, outcome

    @property
    def news(self) -> list[FieldChange]:
        """What history has of all nights but the first."""
        return self.local.history[self.first_night :]

    def state(self, contract: FuturesContract) -> ContractState:
        """What is known of a contract of the chain now."""
        chain = self.local.products[NASDAQ.key].contracts
        (known,) = (other for other in chain if other.con_id == contract.con_id)
        return known.state(self.clock.now)


@pytest.fixture
def nights(serve: Serve, connect: Connect) -> Nights:
    return Nights(serve, connect)


def elsewhere(**names: str) -> Future:
    """The two contracts as they stand under another product."""
    contracts = tuple(
        dataclasses.replace(contract, **names)  # type: ignore[arg-type]
        for contract in LEAVING
    )
    return dataclasses.replace(NASDAQ, **names, contracts=contracts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "names", [{"trading_class": "NQX"}, {"symbol": "NDX", "trading_class": "NDX"}]
)
def test_contracts_under_another_product_have_moved_and_are_not_missing(
    nights: Nights, names: dict[str, str]
) -> None:
    other = elsewhere(**names)
    for _ in range(3):
        nights.night([dataclasses.replace(NASDAQ, contracts=LEFT), other, ES])
    moves = [change for change in nights.news if change.field == "product"]
    assert {change.con_id for change in moves} == LEAVING_IDS
    assert {(change.old, change.new) for change in moves} == {(str(NASDAQ.key), str(other.key))}
    assert not [change for change in nights.news if change.field == "listing"]
    assert {
        contract.con_id for contract in nights.local.products[other.key].contracts
    } == LEAVING_IDS
    assert len(nights.local.products[NASDAQ.key].contracts) == len(LEFT)


@pytest.mark.parametrize("lost", [0, 1])
def test_most_of_a_chain_that_went_to_another_exchange_has_moved_and_is_no_loss(
    nights: Nights, lost: int
) -> None:
    first, *others = NASDAQ.contracts
    left = others[lost:]
    venues = (Venue(exchange="CBOT"),)
    chain = tuple(
        dataclasses.replace(contract, exchange="CBOT", venues=venues) for contract in left
    )
    cbot = dataclasses.replace(NASDAQ, exchange="CBOT", contracts=chain)
    stays = dataclasses.replace(NASDAQ, contracts=(first,))
    for _ in range(2):
        nights.night([stays, cbot, ES])
    moves = [change for change in nights.news if change.field == "product"]
    assert {(change.con_id, change.old, change.new) for change in moves} == {
        (contract.con_id, str(NASDAQ.key), str(cbot.key)) for contract in left
    }
    assert len(moves) == len(left)
    states = [nights.state(contract) for contract in (first, *others[:lost])]
    assert states == [ContractState.ACTIVE, *[ContractState.DELISTED] * lost]


def test_what_a_reply_lacks_on_the_night_of_a_rename_is_asked_for(nights: Nights) -> None:
    renamed = dataclasses.replace(
        NASDAQ,
        symbol="NDX",
        trading_class="NDX",
        contracts=tuple(
            dataclasses.replace(contract, symbol="NDX", trading_class="NDX") for contract in LEFT
        ),
    )
    nights.night([renamed, ES])
    assert {(change.con_id, change.new) for change in nights.news if change.field == "listing"} == {
        (con_id, "missing") for con_id in LEAVING_IDS
    }
    known = len(nights.news)
    nights.clock.advance(hours=-20)
    nights.night([renamed, ES])
    assert len(nights.news) == known


def test_a_reply_that_is_cut_short_is_refused_after_a_few_questions(
    nights: Nights,
) -> None:
    replay = nights.refused_night([NASDAQ, ES], faults.KeptRows(count=1, symbol="NQ"))
    asked = [
        request.con_id for request in replay.requests if isinstance(request, ContractDataRequest)
    ]
    assert len(asked) < len(NASDAQ.contracts)
    assert nights.news == []


def test_contracts_that_ibkr_still_knows_by_conid_are_there(nights: Nights) -> None:
    incomplete = faults.KeptRows(count=len(LEFT), symbol="NQ")
    for _ in range(3):
        replay = nights.night([NASDAQ, ES], incomplete)
        (remark,) = nights.remarks
        assert remark.startswith("the reply was incomplete: it lacked NQ")
        assert remark.endswith(" and 1 more, found by conId")
    assert nights.news == []
    assert {nights.state(contract) for contract in NASDAQ.contracts} == {ContractState.ACTIVE}
    asked = [
        request.con_id for request in replay.requests if isinstance(request, ContractDataRequest)
    ]
    assert len(asked) == 1 + len(LEAVING)


def test_contracts_that_ibkr_no_longer_knows_are_missing_then_delisted(nights: Nights) -> None:
    shorter = [dataclasses.replace(NASDAQ, contracts=LEFT), ES]
    nights.night(shorter)
    assert {nights.state(contract) for contract in LEAVING} == {ContractState.MISSING}
    nights.night(shorter)
    assert {nights.state(contract) for contract in LEAVING} == {ContractState.DELISTED}
    assert {nights.state(contract) for contract in LEFT} == {ContractState.ACTIVE}


def test_error_200_is_not_believed_where_ibkr_does_not_answer_for_the_probe(
    nights: Nights,
) -> None:
    nobody = faults.ErrorReply(
        code=200, con_ids=frozenset(contract.con_id for contract in NASDAQ.contracts)
    )
    for _ in range(3):
        nights.night([dataclasses.replace(NASDAQ, contracts=LEFT), ES], nobody)
    assert nights.news == []
    assert {nights.state(contract) for contract in LEAVING} == {ContractState.ACTIVE}


@pytest.mark.parametrize("code", [321, 162])
def test_any_other_error_says_nothing_of_a_contract(nights: Nights, code: int) -> None:
    unclear = faults.ErrorReply(code=code, con_ids=LEAVING_IDS)
    for _ in range(3):
        nights.night([dataclasses.replace(NASDAQ, contracts=LEFT), ES], unclear)
    assert nights.news == []
    assert {nights.state(contract) for contract in LEAVING} == {ContractState.ACTIVE}


def test_a_contract_is_delisted_only_if_ibkr_did_not_know_it_both_times(nights: Nights) -> None:
    shorter = [dataclasses.replace(NASDAQ, contracts=LEFT), ES]
    nights.night(shorter)
    nights.night(shorter, faults.ErrorReply(code=321, con_ids=LEAVING_IDS))
    assert {nights.state(contract) for contract in LEAVING} == {ContractState.MISSING}
    nights.night(shorter)
    assert {nights.state(contract) for contract in LEAVING} == {ContractState.DELISTED}
