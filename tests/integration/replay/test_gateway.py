from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes.tws_client import TwsClient, decode_contract_data, decode_error
from gateway import faults
from gateway.faults import Occasion
from gateway.server import ScriptedGateway
from ibkr_sync.infrastructure.replay.protocol.contract_data import ContractDataLayout
from ibkr_sync.infrastructure.replay.protocol.requests import (
    ContractDataRequest,
    OtherRequest,
    StartApiRequest,
)
from ibkr_sync.infrastructure.replay.protocol.wire import wire_frame
from ibkr_sync.infrastructure.replay.recording import Recording, read_recording
from ibkr_sync.infrastructure.replay.rows import ContractRow, MarketRuleRow


def _row(symbol: str, number: int) -> ContractRow:
    return ContractRow(
        symbol=symbol,
        last_trade_date_or_contract_month=f"{2100 + number}0618",
        exchange="CME",
        currency="USD",
        local_symbol=f"{symbol}{number}",
        trading_class=symbol,
        con_id=str(1 + number + (1000 if symbol == "NQ" else 0)),
        min_tick="0.25",
        multiplier="50",
        long_name="E-mini",
    )


RECORDING = Recording(
    contracts=(
        *(_row("ES", number) for number in range(5)),
        *(_row("NQ", number) for number in range(40)),
    ),
    market_rules=(MarketRuleRow(market_rule_id="67", increments=(("0", "0.25"),)),),
)

Start = Callable[..., ScriptedGateway]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts gateways and checks at the end that they leave no thread behind."""
    with ExitStack() as stack:
        yield lambda *script, **options: stack.enter_context(
            ScriptedGateway(RECORDING, faults=script, **options)
        )
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("replay")]


def _messages_until_the_line_ends(client: TwsClient) -> list[tuple[str, ...]]:
    messages = []
    try:
        while True:
            messages.append(client.receive())
    except (EOFError, ConnectionError):
        return messages


def _rows(messages: list[tuple[str, ...]]) -> int:
    return sum(message[0] == "10" for message in messages)


@pytest.mark.parametrize("version", range(157, 201))
def test_a_session_works_from_hello_to_reply_at_every_version(start: Start, version: int) -> None:
    gateway = start(server_version=200)
    with TwsClient(gateway.port).start(versions=f"v100..{version}") as client:
        assert client.server_version == version
        client.ask(12, symbol="ES", exchange="CME")
        *rows, end = client.reply()
        decoded = [decode_contract_data(row, version) for row in rows]
        assert {row["local_symbol"] for row in decoded} == {f"ES{number}" for number in range(5)}
        assert {row["req_id"] for row in decoded} == {"12"}
        assert end == ("52", "1", "12")
        client.ask(13, symbol="XX")
        assert decode_error(client.receive(), version)[:2] == (13, 200)
        client.send(91, 67)
        assert client.receive() == ("93", "67", "1", "0", "0.25")
        client.send(49, 1)
        assert abs(int(client.receive()[2]) - time.time()) < 60


def test_everything_clients_send_can_be_looked_at_afterwards(start: Start) -> None:
    gateway = start()
    before = time.monotonic()
    with TwsClient(gateway.port).start(client_id=3) as client:
        client.ask(12, symbol="ES")
        client.reply()
        client.send(3, 45, 1, "ES")
        assert decode_error(client.receive(), 187)[1] == 321
    with TwsClient(gateway.port).connect():
        pass
    assert gateway.connections == 2
    assert gateway.requests == (
        StartApiRequest(client_id=3),
        ContractDataRequest(req_id=12, symbol="ES", sec_type="FUT"),
        OtherRequest(message_id=3),
    )
    assert [frame.fields[0] for frame in gateway.frames] == ["API", "71", "9", "3", "API"]
    assert [frame.connection for frame in gateway.frames] == [1, 1, 1, 1, 2]
    times = [frame.at for frame in gateway.frames]
    assert before <= times[0]
    assert times == sorted(times)


@pytest.mark.parametrize("version", [156, 227])
def test_a_version_that_is_not_spoken_cannot_be_offered(version: int) -> None:
    with pytest.raises(ValueError, match=r"outside 157\.\.226"):
        ScriptedGateway(RECORDING, server_version=version)


def test_a_port_can_be_chosen_and_is_free_again_after_the_stop(start: Start) -> None:
    with ScriptedGateway(RECORDING) as gateway, TwsClient(gateway.port).start() as client:
        port = gateway.port
        gateway.stop()
        assert client.is_closed_by_peer()
    assert start(port=port).port == port


def test_a_stop_waits_neither_for_clients_nor_for_delays(start: Start) -> None:
    gateway = start(faults.Late(seconds=3600), faults.Drip(seconds=3600, symbol="NQ"))
    clients = [TwsClient(gateway.port).start(client_id=number) for number in range(5)]
    for client in clients:
        client.ask(1, symbol="ES")
        client.ask(2, symbol="NQ")
    idle = socket.create_connection(("127.0.0.1", gateway.port))
    gateway.stop()
    gateway.stop()
    idle.close()
    for client in clients:
        client.sock.close()


def test_a_client_that_reads_slowly_gets_everything_and_blocks_nobody(start: Start) -> None:
    gateway = start()
    with TwsClient(gateway.port).start(client_id=1) as slow, TwsClient(gateway.port) as quick:
        for req_id in range(1000):
            slow.ask(req_id, symbol="NQ")
        quick.start(client_id=2)
        quick.ask(1, symbol="ES")
        assert _rows(quick.reply()) == 5
        replies = [slow.reply() for _ in range(1000)]
    assert [reply[-1][2] for reply in replies] == [str(number) for number in range(1000)]
    assert {_rows(reply) for reply in replies} == {40}


def test_latency_delays_each_reply_without_holding_up_the_next(start: Start) -> None:
    gateway = start(latency=0.3)
    with TwsClient(gateway.port).start() as client:
        began = time.monotonic()
        for req_id in range(100):
            client.ask(req_id, symbol="ES")
        ids = [client.reply()[-1][2] for _ in range(100)]
        took = time.monotonic() - began
    assert ids == [str(number) for number in range(100)]
    assert 0.3 <= took < 0.3 * 100 / 2


def test_a_client_id_is_free_as_soon_as_its_client_has_left(start: Start) -> None:
    gateway = start()
    for _ in range(50):
        with TwsClient(gateway.port).start(client_id=7):
            pass


def test_a_client_id_in_use_is_refused_and_the_line_closed(start: Start) -> None:
    gateway = start()
    with TwsClient(gateway.port).start(client_id=7), TwsClient(gateway.port).connect() as other:
        other.send(71, 2, 7, "")
        assert decode_error(other.receive(), 187)[:2] == (-1, 326)
        assert other.is_closed_by_peer()


def test_pacing_is_enforced_on_the_wire(start: Start) -> None:
    gateway = start(messages_per_second=10)
    with TwsClient(gateway.port).start() as client:
        for _ in range(12):
            client.send(49, 1)
        messages = [client.receive() for _ in range(12)]
        assert [message[0] for message in messages] == ["49"] * 9 + ["4"] * 3
        assert client.is_closed_by_peer()


def test_the_accept_dialog_can_stay_unanswered(start: Start) -> None:
    gateway = start(faults.Silence(occasion=Occasion.HELLO, first=1))
    with TwsClient(gateway.port) as client:
        client.hello()
        assert client.hears_nothing_for(0.3)
    with TwsClient(gateway.port).start():
        pass


@pytest.mark.parametrize("occasion", [Occasion.ACCEPT, Occasion.HELLO, Occasion.START_API])
def test_the_line_can_be_closed_at_every_stage_of_the_start(
    start: Start, occasion: Occasion
) -> None:
    gateway = start(faults.HangUpAfterRows(occasion=occasion, first=1))
    with TwsClient(gateway.port) as client, pytest.raises((EOFError, ConnectionError)):
        client.start()
    with TwsClient(gateway.port).start():
        pass


def test_the_line_can_be_reset_after_the_hello(start: Start) -> None:
    gateway = start(faults.HangUpAfterRows(occasion=Occasion.HELLO, reset=True))
    with TwsClient(gateway.port) as client:
        client.hello()
        assert client.is_reset_by_peer()


def test_something_else_than_tws_can_answer(start: Start) -> None:
    gateway = start(faults.RawReply(data=b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    with TwsClient(gateway.port) as client:
        client.hello()
        assert client.read(12) == b"HTTP/1.1 400"
        client.read(16)
        assert client.hears_nothing_for(0.2)


@pytest.mark.parametrize("count", [1, 4, 7, 20])
def test_the_handshake_can_come_in_two_parts(start: Start, count: int) -> None:
    gateway = start(faults.PauseAfterBytes(occasion=Occasion.HELLO, count=count, seconds=0.2))
    with TwsClient(gateway.port) as client:
        client.hello()
        first = client.sock.recv(1000)
        assert len(first) == count
        client.pending = first
        assert client.receive()[0] == "187"


def test_handshake_and_start_can_come_in_one_segment(start: Start) -> None:
    gateway = start(faults.EarlyStart())
    with TwsClient(gateway.port) as client:
        client.hello()
        client.pending = client.sock.recv(4096)
        assert [client.receive()[0] for _ in range(6)] == ["187", "9", "15", "4", "4", "4"]
        client.send(71, 2, 7, "")
        client.server_version = 187
        client.ask(1, symbol="ES")
        assert _rows(client.reply()) == 5


def test_everything_can_come_byte_by_byte(start: Start) -> None:
    gateway = start(faults.Chunked(size=1))
    with TwsClient(gateway.port).start() as client:
        client.ask(1, symbol="NQ")
        assert _rows(client.reply()) == 40


def test_chunks_can_have_gaps(start: Start) -> None:
    gateway = start(faults.Chunked(size=100, gap=0.05, occasion=Occasion.CONTRACT_DATA))
    with TwsClient(gateway.port).start() as client:
        client.ask(1, symbol="ES")
        client.pending = client.sock.recv(1 << 16)
        assert len(client.pending) == 100
        assert _rows(client.reply()) == 5


def test_a_padded_reply_fills_the_receive_buffer_exactly(start: Start) -> None:
    gateway = start(faults.PaddedReply())
    with TwsClient(gateway.port).start() as client:
        client.ask(1, symbol="NQ")
        payloads = [client.receive_payload()]
        while not payloads[-1].startswith(b"52\0"):
            payloads.append(client.receive_payload())
        assert len(payloads) == 42
        assert sum(4 + len(payload) for payload in payloads) % 4096 == 0


def test_a_reply_can_stall_in_the_middle_of_a_frame(start: Start) -> None:
    gateway = start(faults.PauseAfterBytes(count=4096, seconds=0.3))
    with TwsClient(gateway.port).start() as client:
        began = time.monotonic()
        client.ask(1, symbol="NQ")
        client.ask(2, symbol="XX")
        assert len(client.read(4096)) == 4096
        assert client.hears_nothing_for(0.1)
        client.sock.settimeout(5)
        client.read(1)
        assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("rows", range(6))
def test_the_line_can_drop_after_any_number_of_rows(start: Start, rows: int, reset: bool) -> None:
    gateway = start(faults.HangUpAfterRows(rows=rows, reset=reset, first=1))
    with TwsClient(gateway.port).start(client_id=1) as client:
        client.ask(1, symbol="ES")
        received = _messages_until_the_line_ends(client)
        assert _rows(received) == len(received)
        assert len(received) == rows or reset  # a reset may overtake what was sent
    with TwsClient(gateway.port).start(client_id=1) as client:
        client.ask(1, symbol="ES")
        assert _rows(client.reply()) == 5


def test_a_late_reply_is_overtaken_by_the_retry(start: Start) -> None:
    gateway = start(faults.Late(seconds=0.3, first=1))
    with TwsClient(gateway.port).start() as client:
        client.ask(1, symbol="ES")
        client.ask(2, symbol="ES")
        assert client.reply()[-1] == ("52", "1", "2")
        assert client.reply()[-1] == ("52", "1", "1")


def test_rows_can_drip(start: Start) -> None:
    gateway = start(faults.Drip(seconds=0.05))
    with TwsClient(gateway.port).start() as client:
        began = time.monotonic()
        client.ask(1, symbol="ES")
        client.receive()
        assert time.monotonic() - began >= 0.05
        assert _rows(client.reply()) == 4
        assert time.monotonic() - began >= 0.25


def test_a_fault_of_one_product_leaves_the_others_alone(start: Start) -> None:
    gateway = start(faults.Silence(symbol="ES"))
    with TwsClient(gateway.port).start() as client:
        client.ask(1, symbol="ES")
        client.ask(2, symbol="NQ")
        assert client.reply()[-1] == ("52", "1", "2")
        assert client.hears_nothing_for(0.1)


@pytest.mark.parametrize(
    "data",
    [wire_frame(b"999\0x\0"), wire_frame(b""), b"\xff\xff\xff\xff", wire_frame(b"x" * (17 << 20))],
)
def test_any_bytes_can_be_put_between_rows(start: Start, data: bytes) -> None:
    gateway = start(faults.InsertedBytes(data=data, before_row=2))
    with TwsClient(gateway.port).start() as client:
        client.ask(1, symbol="ES")
        assert [client.receive()[0] for _ in range(2)] == ["10", "10"]
        assert client.read(len(data)) == data
        assert _rows(client.reply()) == 3


def test_an_unknown_version_text_does_not_end_the_conversation(start: Start) -> None:
    gateway = start(faults.ServerVersionText(text="60"))
    with TwsClient(gateway.port).start() as client:
        assert client.server_version == 60


def test_the_recorded_contract_is_found_as_its_recording_asked_for_it() -> None:
    recording = read_recording(Path(__file__).parents[2] / "data" / "es_jun25.replay")
    with (
        ScriptedGateway(recording, now=lambda: datetime(2025, 5, 21, tzinfo=UTC)) as gateway,
        TwsClient(gateway.port).start(versions="v100..176") as client,
    ):
        client.ask(9000, symbol="ES", expiry="202506", strike="0", exchange="CME", currency="USD")
        row, _ = client.reply()
        recorded = ContractDataLayout(176).encode(recording.contracts[0], "9000")
        assert list(row) == recorded


def test_a_recorded_contract_expires_by_the_gateway_s_clock() -> None:
    recording = read_recording(Path(__file__).parents[2] / "data" / "es_jun25.replay")
    with ScriptedGateway(recording) as gateway, TwsClient(gateway.port).start() as client:
        client.ask(1, symbol="ES", exchange="CME")
        assert decode_error(client.receive(), 187)[:2] == (1, 200)
        client.ask(2, symbol="ES", exchange="CME", include_expired=True)
        row = decode_contract_data(client.reply()[0], 187)
        assert (row["local_symbol"], row["time_zone_id"]) == ("ESM5", "")


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (("5", "1"), ("53", "1")),
        (("16", "1"), ("53", "1")),
        (("6", "2", "1", "DU1"), ("54", "1", "DU1")),
        (("7", "3", "11", "0", "", "", "", "", "", ""), ("55", "1", "11")),
        (("61", "1"), ("62", "1")),
        (("62", "1", "12", "All", "NetLiquidation"), ("64", "1", "12")),
        (("74", "1", "13", "DU1", ""), ("72", "1", "13")),
        (("76", "1", "14", "DU1", "", "0"), ("74", "1", "14")),
        (("99", "0"), ("102",)),
    ],
    ids=lambda fields: fields[0],
)
def test_an_account_has_nothing_and_the_answer_says_so(
    start: Start, request_: tuple[str, ...], answer: tuple[str, ...]
) -> None:
    with TwsClient(start().port) as client:
        client.start()
        client.send(*request_)
        assert client.receive() == answer


def test_what_tws_takes_without_a_word_is_taken_without_a_word(start: Start) -> None:
    with TwsClient(start().port) as client:
        client.start()
        silent = (("14", "1", "5"), ("15", "1", "1"), ("59", "1", "3"), ("63", "1", "12"))
        for request in (*silent, ("64", "1"), ("75", "1", "13"), ("77", "1", "14")):
            client.send(*request)
        client.send("61", "1")
        assert client.receive() == ("62", "1")


def test_a_request_that_lacks_what_its_end_names_is_unreadable(start: Start) -> None:
    with TwsClient(start().port) as client:
        client.start()
        client.send("7", "3")
        assert decode_error(client.receive(), 187)[1] == 320
