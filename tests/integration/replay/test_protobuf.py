"""A conversation over a socket at the server versions that speak protobuf."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes.tws_client import TwsClient, decode_error
from fakes.tws_protobuf import RawIdClient, field
from gateway.server import ScriptedGateway
from ibkr_sync.infrastructure.replay.protocol.requests import (
    CancelContractDataRequest,
    ContractDataRequest,
    CurrentTimeRequest,
    MarketRuleRequest,
    OtherRequest,
    StartApiRequest,
    UnreadableRequest,
)
from ibkr_sync.infrastructure.replay.recording import read_recording

RECORDING = read_recording(Path(__file__).parents[2] / "data" / "es_jun25.replay")
NOW = datetime(2025, 5, 21, 15, tzinfo=UTC)


@pytest.mark.parametrize("version", [201, 204, 205, 207, 212, 213, 226])
def test_a_client_is_served_at_every_stage_of_the_migration(version: int) -> None:
    with (
        ScriptedGateway(RECORDING, server_version=version, now=lambda: NOW) as gateway,
        RawIdClient(gateway.port).start() as client,
    ):
        assert client.server_version == version
        assert [raw_id % 200 for raw_id, _ in client.greeting] == [9, 15, 4, 4, 4]
        client.ask(12, symbol="ES", exchange="CME")
        row, end = client.hear_reply()
        assert row[0] == (210 if version >= 205 else 10)
        assert end[0] == (252 if version >= 205 else 52)
        client.ask(13, symbol="NQ", exchange="CME")
        raw_id, error = client.hear()
        assert (raw_id, error["id"], error["code"]) == (204, 13, 200)


def test_a_client_that_announces_text_only_gets_text_from_the_newest_gateway() -> None:
    with (
        ScriptedGateway(RECORDING, server_version=226, now=lambda: NOW) as gateway,
        RawIdClient(gateway.port) as client,
    ):
        assert client.connect("v100..200").server_version == 200
        super(RawIdClient, client).send(71, 2, 7, "")
        assert client.receive()[0] == "9"


def test_what_clients_ask_in_protobuf_is_kept() -> None:
    with (
        ScriptedGateway(RECORDING, server_version=226, now=lambda: NOW) as gateway,
        RawIdClient(gateway.port).start(411) as client,
    ):
        client.ask(12, symbol="ES", exchange="CME")
        client.hear_reply()
        client.send_raw(291, field(1, 67))
        rule = {"market_rule_id": 67, "increments": ({"low_edge": 0.0, "increment": 0.25},)}
        assert client.hear() == (293, rule)
        client.send_raw(249)
        assert client.hear() == (249, {"seconds": int(NOW.timestamp())})
        client.send_raw(306, field(1, 12))
        client.send_raw(258)
        assert client.hear()[1]["code"] == 321
        client.send(9, 8, 12)
        assert client.hear()[1]["code"] == 320
        assert gateway.requests == (
            StartApiRequest(client_id=411),
            ContractDataRequest(req_id=12, symbol="ES", sec_type="FUT", exchange="CME"),
            MarketRuleRequest(market_rule_id="67"),
            CurrentTimeRequest(),
            CancelContractDataRequest(),
            OtherRequest(message_id=58),
            UnreadableRequest(reason="Unable to parse message 9"),
        )
        assert [frame.fields[0] for frame in gateway.frames] == [
            "API", "271", "209", "291", "249", "306", "258", "9",
        ]  # fmt: skip


def test_the_same_gateway_serves_text_and_protobuf_at_once() -> None:
    with (
        ScriptedGateway(RECORDING, server_version=226, now=lambda: NOW) as gateway,
        RawIdClient(gateway.port).start(1) as protobuf,
        RawIdClient(gateway.port).connect("v100..187") as text,
    ):
        TwsClient.send(text, 71, 2, 2, "")
        text.receive_until("2158")
        protobuf.ask(1, symbol="NQ", exchange="CME")
        assert protobuf.hear()[1]["code"] == 200
        TwsClient.send(text, 49, 1)
        assert text.receive() == ("49", "1", str(int(NOW.timestamp())))
        TwsClient.send(text, 91, 68)
        assert decode_error(text.receive(), 187)[1] == 321
