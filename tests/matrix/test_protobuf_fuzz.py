"""Whatever bytes a row is made of, it becomes a contract or is refused."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.gateway_rig import RECORDING
from fakes.protocol_versions import SPOKEN
from gateway.dialects import dialect_for
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client import ReadOnlyClient
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client_events import RowEvent
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.connection import GatewayConnection
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ReplyRow
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.messages import message_in_frame
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.text_frames import (
    MalformedFrameError,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import translate_row

NEWEST = SPOKEN[-1]
ROW = dialect_for(NEWEST).contract_data(RECORDING.contracts[0], 12)
MUTATIONS = st.lists(
    st.tuples(st.integers(4, len(ROW) - 1), st.binary(max_size=3), st.integers(0, 3)),
    min_size=1,
    max_size=6,
)
"""Where, what is put there, and how many bytes it takes the place of."""


@pytest.fixture(scope="module")
def client() -> Iterator[ReadOnlyClient]:
    ours, theirs = socket.socketpair()
    connection = GatewayConnection("gateway", 4002, ours)
    yield ReadOnlyClient(connection, 1, NEWEST)
    connection.disconnect()
    theirs.close()


def taken(client: ReadOnlyClient, frame: bytes) -> FuturesContract | None:
    """The contract of a row, as the session takes it in; None when it makes none."""
    try:
        message = message_in_frame(frame, NEWEST)
        request_id, text = message.request_id(), message.row_text()
        event = client.decode_message(message.decodable())
        assert isinstance(event, RowEvent)
        assert event.request_id == request_id
        received = ReplyRow(details=event.details, text=text, frame=frame)
        return translate_row(received).contract
    except (MalformedFrameError, InvalidReplyError):
        return None


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutations=MUTATIONS)
def test_a_mutated_row_is_a_contract_or_refused(
    client: ReadOnlyClient, mutations: list[tuple[int, bytes, int]]
) -> None:
    frame = bytearray(ROW)
    for at, replacement, replaced in mutations:
        frame[at : at + replaced] = replacement
    contract = taken(client, bytes(frame))
    if contract is not None:
        assert contract.con_id > 0
        assert contract.symbol
        assert contract.last_trade_text is not None


@settings(deadline=None)
@given(body=st.binary(max_size=200))
def test_random_bytes_are_no_contract(client: ReadOnlyClient, body: bytes) -> None:
    assert taken(client, ROW[:4] + body) is None


def test_the_row_itself_is_a_contract(client: ReadOnlyClient) -> None:
    contract = taken(client, ROW)
    assert contract is not None
    assert contract.con_id == int(RECORDING.contracts[0].con_id)
