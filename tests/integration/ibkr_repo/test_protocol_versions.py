"""One recording means the same at every server version, through whichever ibapi."""

from __future__ import annotations

import dataclasses
import socket
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from fakes.clock import FakeClock
from fakes.gateway_rig import Connect, Serve
from fakes.protocol_versions import PROTOBUF_ROWS, SPOKEN
from fakes.recordings import RECORDED_ES, as_sent_at, contract_of
from ibkr_sync.domain.entities.contracts import FuturesContract, Venue
from ibkr_sync.domain.errors import ConnectionLostError, RequestRejectedError
from ibkr_sync.infrastructure.replay.protocol.requests import (
    ContractDataRequest,
    MarketRuleRequest,
    StartApiRequest,
)
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.replay.rows import ContractRow, MarketRuleRow
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client import (
    CLIENT_VERSIONS,
    IBAPI_VERSION,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ContractReply
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway
from recorded_es import ESM5, RECORDED_AT

ODD_ROW = ContractRow(
    symbol="ODD",
    last_trade_date_or_contract_month="20270115 23:30:00 Asia/Tokyo",
    last_trade_date="20270115",
    exchange="OSE.JPN",
    currency="JPY",
    local_symbol="169120018",
    trading_class="225",
    con_id="2147483647",
    min_tick="0.00125",
    multiplier="101.7313",
    valid_exchanges="OSE.JPN",
    price_magnifier="100",
    under_con_id="0",
    long_name="Soci\\u00e9t\\u00e9 \\ud83d\\udcc8 \\\\ 50%",
    industry="Indices",
    ev_rule="aussieBond",
    ev_multiplier="0.5",
    sec_id_list=(("ISIN", "XX0000000000"), ("CUSIP", "000000000")),
    agg_group="7",
    min_size="0.1",
    size_increment="0.00000001",
    suggested_size_increment="100",
    ineligibility_reasons=(("REASON", "under review"),),
    real_expiration_date="20270115",
    settlement_method="Physical",
)
ODD_CONTRACT = FuturesContract(
    con_id=2147483647,
    symbol="ODD",
    exchange="OSE.JPN",
    trading_class="225",
    currency="JPY",
    local_symbol="169120018",
    last_trade_date=date(2027, 1, 15),
    last_trade_at=datetime(2027, 1, 15, 14, 30, tzinfo=UTC),
    last_trade_text="20270115 23:30:00 Asia/Tokyo",
    real_expiration_date=date(2027, 1, 15),
    multiplier=Decimal("101.7313"),
    min_tick=Decimal("0.00125"),
    price_magnifier=100,
    long_name="Société \U0001f4c8 \\\\ 50%",
    industry="Indices",
    venues=(Venue(exchange="OSE.JPN"),),
    security_ids=(("CUSIP", "000000000"), ("ISIN", "XX0000000000")),
    economic_value_rule="aussieBond",
    economic_value_multiplier=Decimal("0.5"),
    aggregated_group=7,
    min_size=Decimal("0.1"),
    size_increment=Decimal("0.00000001"),
    suggested_size_increment=Decimal(100),
    settlement_method="Physical",
)

BARE_ROW = ContractRow(
    symbol="BARE",
    last_trade_date_or_contract_month="20270115",
    strike="",
    exchange="ENDEX",
    currency="EUR",
    local_symbol="BAREF7",
    trading_class="BARE",
    con_id="600000001",
    min_tick="",
    md_size_multiplier="",
    price_magnifier="",
    under_con_id="",
    agg_group="",
    min_size="",
    size_increment="",
    suggested_size_increment="",
)
BARE_CONTRACT = FuturesContract(
    con_id=600000001,
    symbol="BARE",
    exchange="ENDEX",
    trading_class="BARE",
    currency="EUR",
    local_symbol="BAREF7",
    last_trade_date=date(2027, 1, 15),
    last_trade_text="20270115",
)


def _everything(contract: FuturesContract) -> dict[str, object]:
    """All that a contract holds, numbers with their digits; `==` leaves hours out."""
    return {
        name: str(value) if isinstance(value, Decimal) else value
        for name, value in dataclasses.asdict(contract).items()
    }


def _ask(gateway: Gateway, symbol: str, exchange: str) -> ContractReply:
    return gateway.request_contracts(ContractRequest(symbol=symbol, exchange=exchange)).result(5)


@pytest.mark.parametrize("version", SPOKEN)
@pytest.mark.parametrize(
    ("row", "contract"),
    [
        pytest.param(RECORDED_ES.contracts[0], ESM5, id="recorded"),
        pytest.param(ODD_ROW, ODD_CONTRACT, id="odd"),
        pytest.param(BARE_ROW, BARE_CONTRACT, id="bare"),
    ],
)
def test_a_contract_is_the_same_at_every_version(
    serve: Serve, connect: Connect, version: int, row: ContractRow, contract: FuturesContract
) -> None:
    recording = Recording(contracts=(row,))
    replay = serve(recording=recording, server_version=version, now=FakeClock(RECORDED_AT))
    reply = _ask(connect(replay), contract.symbol, contract.exchange)
    (translated,) = map(contract_of, reply.rows)
    assert _everything(translated) == _everything(as_sent_at(version, contract))
    assert (reply.server_version, reply.client_version) == (version, IBAPI_VERSION)


@pytest.mark.parametrize("version", SPOKEN)
def test_every_question_is_answered_at_every_version(
    serve: Serve, connect: Connect, version: int
) -> None:
    rule = MarketRuleRow(
        market_rule_id="3541", increments=(("-9999", "0.25"), ("0", "0.000001"), ("100.5", "1"))
    )
    recording = dataclasses.replace(RECORDED_ES, market_rules=(rule,))
    replay = serve(recording=recording, server_version=version, now=FakeClock(RECORDED_AT))
    gateway = connect(replay, client_id=411)
    ladder = gateway.request_ladder(3541).result(5)
    assert ladder.increments == ((-9999.0, 0.25), (0.0, 0.000001), (100.5, 1.0))
    with pytest.raises(RequestRejectedError, match="No security definition") as rejected:
        _ask(gateway, "NQ", "CME")
    assert rejected.value.code == 200
    start, rules, contracts = replay.requests
    assert start == StartApiRequest(client_id=411)
    assert rules == MarketRuleRequest(market_rule_id="3541")
    assert isinstance(contracts, ContractDataRequest)
    assert (contracts.symbol, contracts.sec_type, contracts.exchange) == ("NQ", "FUT", "CME")
    assert not any((contracts.con_id, contracts.currency, contracts.multiplier))


@pytest.mark.parametrize("version", SPOKEN)
def test_the_evidence_is_the_frames_as_they_came(
    serve: Serve, connect: Connect, version: int
) -> None:
    replay = serve(recording=RECORDED_ES, server_version=version, now=FakeClock(RECORDED_AT))
    reply = _ask(connect(replay), "ES", "CME")
    (row,) = reply.rows
    begins, ends = (b"10\0", b"52\0") if version <= 200 else (b"\0\0\0\n", b"\0\0\x004")
    if version >= PROTOBUF_ROWS:
        begins, ends = b"\0\0\0\xd2", b"\0\0\0\xfc"
    assert row.frame.startswith(begins)
    assert b"E-mini S&P 500" in row.frame
    assert reply.end_frame.startswith(ends)


def test_the_newest_version_that_both_sides_speak_is_negotiated(
    serve: Serve, connect: Connect
) -> None:
    replay = serve(recording=RECORDED_ES, server_version=226)
    assert connect(replay).open().server_version == CLIENT_VERSIONS[1] == SPOKEN[-1]
    assert replay.frames[0].fields == ("API", f"v100..{SPOKEN[-1]}")


@pytest.mark.parametrize("version", {SPOKEN[0], SPOKEN[-1]})
def test_a_line_that_breaks_while_asking_is_a_lost_connection(
    serve: Serve, connect: Connect, version: int
) -> None:
    session = connect(serve(server_version=version)).open()
    assert session._connection._socket is not None
    session._connection._socket.shutdown(socket.SHUT_WR)
    asked = session.request_contracts(ContractRequest(symbol="ES"))
    with pytest.raises(ConnectionLostError):
        asked.result(5)
