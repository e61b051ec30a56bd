"""The installed ibapi as judge: it decodes what the gateway says at every version it speaks."""

# ruff: noqa: N802, N803 - ibapi calls back by these names

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ibapi.client import EClient
from ibapi.contract import Contract, ContractDetails
from ibapi.server_versions import MAX_CLIENT_VER
from ibapi.wrapper import EWrapper

from fakes.decoded_details import values_of
from fakes.expected_details import ES_JUN25, ODD, ODD_ROW
from gateway.server import ScriptedGateway
from ibkr_sync.infrastructure.replay.protocol.requests import OtherRequest
from ibkr_sync.infrastructure.replay.recording import Recording, read_recording

RECORDING = read_recording(Path(__file__).parents[2] / "data" / "es_jun25.replay")
NOW = datetime(2025, 5, 21, 15, tzinfo=UTC)
SPOKEN = sorted(
    version
    for version in {157, 164, 187, 200, 201, 205, 212, 213, MAX_CLIENT_VER}
    if version <= MAX_CLIENT_VER
)
"""Where something changes in what is decoded here, as far as the installed ibapi goes."""


class App(EWrapper, EClient):  # type: ignore[misc]
    """Collects what ibapi calls back, and knows when something was said."""

    def __init__(self) -> None:
        EClient.__init__(self, self)
        self.said: list[tuple[object, ...]] = []
        self.details: list[ContractDetails] = []
        self._news = threading.Condition()

    def _say(self, *what: object) -> None:
        with self._news:
            self.said.append(what)
            self._news.notify_all()

    def wait_for(self, *what: object) -> None:
        with self._news:
            heard = self._news.wait_for(
                lambda: any(pair[: len(what)] == what for pair in self.said), timeout=10
            )
            assert heard, self.said

    def nextValidId(self, orderId: int) -> None:
        self._say("nextValidId", orderId)

    def managedAccounts(self, accountsList: str) -> None:
        self._say("managedAccounts", accountsList)

    def error(self, reqId: int, *rest: object) -> None:
        *_, code, text = rest if isinstance(rest[1], str) else rest[1:3]
        self._say("error", reqId, code, text)

    def contractDetails(
        self,
        reqId: int,
        contractDetails: ContractDetails,
    ) -> None:
        self.details.append(contractDetails)
        self._say("contractDetails", reqId)

    def contractDetailsEnd(self, reqId: int) -> None:
        self._say("contractDetailsEnd", reqId)

    def marketRule(
        self,
        marketRuleId: int,
        priceIncrements: list[object],
    ) -> None:
        pairs = [(step.lowEdge, step.increment) for step in priceIncrements]  # type: ignore[attr-defined]
        self._say("marketRule", marketRuleId, pairs)

    def currentTime(self, time: int) -> None:
        self._say("currentTime", time)


@pytest.fixture(params=SPOKEN)
def gateway(request: pytest.FixtureRequest) -> Iterator[ScriptedGateway]:
    with ScriptedGateway(RECORDING, server_version=request.param, now=lambda: NOW) as gateway:
        yield gateway


@contextmanager
def connected(port: int) -> Iterator[App]:
    app = App()
    app.connect("127.0.0.1", port, 7)
    reader = threading.Thread(target=app.run, daemon=True)
    reader.start()
    app.wait_for("nextValidId", 1)
    yield app
    app.disconnect()
    reader.join(10)
    assert not reader.is_alive()


@pytest.fixture
def app(gateway: ScriptedGateway) -> Iterator[App]:
    with connected(gateway.port) as app:
        yield app


def _es(**fields: object) -> Contract:
    contract = Contract()
    contract.symbol, contract.secType, contract.exchange = "ES", "FUT", "CME"
    for name, value in fields.items():
        setattr(contract, name, value)
    return contract


def test_ibapi_hears_the_start(app: App) -> None:
    app.wait_for("managedAccounts", "DU0000000")
    for code in (2104, 2106, 2158):
        app.wait_for("error", -1, code)
    assert app.serverVersion() in SPOKEN
    assert app.twsConnectionTime() == b"20250521 11:00:00 America/New_York"


def test_ibapi_decodes_the_recorded_contract(app: App) -> None:
    app.reqContractDetails(9000, _es(lastTradeDateOrContractMonth="202506"))
    app.wait_for("contractDetailsEnd", 9000)
    (details,) = app.details
    with_sizes = app.serverVersion() >= 164
    assert values_of(details, with_sizes=with_sizes).items() <= ES_JUN25.items()


@pytest.mark.parametrize("version", SPOKEN)
def test_ibapi_decodes_a_contract_with_a_value_in_most_fields(version: int) -> None:
    recording = Recording(contracts=(ODD_ROW,))
    with (
        ScriptedGateway(recording, server_version=version, now=lambda: NOW) as gateway,
        connected(gateway.port) as app,
    ):
        app.reqContractDetails(1, _es(symbol="ODD", exchange="OSE.JPN"))
        app.wait_for("contractDetailsEnd", 1)
        (details,) = app.details
    assert values_of(details, with_sizes=version >= 164).items() <= ODD.items()


def test_ibapi_gets_one_row_per_route_when_it_names_no_exchange(app: App) -> None:
    app.reqContractDetails(1, _es(exchange=""))
    app.wait_for("contractDetailsEnd", 1)
    assert {other.contract.exchange for other in app.details} == {"CME", "QBALGO"}
    assert {other.contract.conId for other in app.details} == {620731015}


def test_ibapi_hears_that_a_contract_is_unknown(app: App) -> None:
    app.reqContractDetails(1, _es(symbol="NQ"))
    app.wait_for("error", 1, 200, "No security definition has been found for the request")


def test_ibapi_hears_that_a_request_is_invalid(app: App) -> None:
    app.reqContractDetails(1, Contract())
    app.wait_for("error", 1, 321)


def test_ibapi_decodes_market_rules_and_the_clock(app: App) -> None:
    app.reqMarketRule(67)
    app.wait_for("marketRule", 67, [(0.0, 0.25)])
    app.reqCurrentTime()
    app.wait_for("currentTime", int(NOW.timestamp()))


def test_what_a_read_only_gateway_does_not_serve_is_refused_and_kept(
    app: App, gateway: ScriptedGateway
) -> None:
    app.reqScannerParameters()
    app.wait_for("error", -1, 321)
    assert gateway.requests[-1] == OtherRequest(message_id=24)


@pytest.mark.parametrize("version", SPOKEN)
def test_ibapi_decodes_text_that_is_not_ascii(version: int) -> None:
    row = replace(RECORDING.contracts[0], long_name="Soci\\u00e9t\\u00e9")
    recording = replace(RECORDING, contracts=(row,))
    with (
        ScriptedGateway(recording, server_version=version, now=lambda: NOW) as gateway,
        connected(gateway.port) as app,
    ):
        app.reqContractDetails(1, _es())
        app.wait_for("contractDetailsEnd", 1)
        assert app.details[0].longName == "Soci\u00e9t\u00e9"
