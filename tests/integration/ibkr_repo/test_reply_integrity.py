"""A reply is stored whole or not at all, however it arrives."""

from __future__ import annotations

import pytest

from contracts.examples import with_chain
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from fakes.gateway_rig import (
    ES,
    NASDAQ,
    NOW,
    SERVER_VERSION,
    Connect,
    RepositoryOf,
    Serve,
    bring_up_to_date,
)
from fakes.protocol_versions import PROTOBUF_ROWS
from fakes.recordings import contract_row
from gateway import faults
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import (
    ConnectionLostError,
    InvalidReplyError,
    ProductNotFoundError,
    ReplyTimeoutError,
    ReplyTooLargeError,
)
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.infrastructure.replay.protocol.contract_data import ContractDataLayout
from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest
from ibkr_sync.infrastructure.replay.protocol.wire import wire_frame
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway

INTAKE = "ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.intake"
BUDGET = "ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.row_budget"

ES_AT_CME = ContractRequest(symbol="ES", exchange="CME")
NQ_AT_CME = ContractRequest(symbol="NQ", exchange="CME")
FIELDS_OF_A_ROW = len(ContractDataLayout(157).encode(contract_row(ES.contracts[0]), "1"))

Local = InMemoryFutureRepository[Future]


def rows_of(gateway: Gateway, request: ContractRequest = NQ_AT_CME) -> int:
    """How many rows a complete reply holds."""
    return len(gateway.request_contracts(request).result(90).rows)


def failure_of(outcome: FutureUpdate[Future] | FutureFailure) -> Exception:
    assert isinstance(outcome, FutureFailure)
    return outcome.error


def is_whole(outcome: FutureUpdate[Future] | FutureFailure, product: Future) -> bool:
    return isinstance(outcome, FutureUpdate) and outcome.product.contracts == product.contracts


def assert_only_nasdaq_was_stored(local: Local) -> None:
    assert [key.symbol for key in local.products] == ["NQ"]
    (run,) = local.runs
    assert {(symbol, outcome) for symbol, outcome, _ in run.outcomes} == {
        ("ES", "failed"),
        ("NQ", "created"),
    }


def test_a_reply_of_exactly_so_many_kilobytes_is_whole(serve: Serve, connect: Connect) -> None:
    """The size of a reader's buffer must not matter: ibapi's own loses such replies."""
    counts = range(1, 41)
    replay = serve(
        *(faults.KeptRows(count=count, skip=count - 1, first=1) for count in counts),
        faults.PaddedReply(multiple=4096),
    )
    gateway = connect(replay)
    assert [rows_of(gateway) for _ in counts] == list(counts)


def test_a_reply_that_pauses_in_the_middle_of_a_frame_is_whole(
    serve: Serve, connect: Connect
) -> None:
    pauses = [4096, 8192, 12288, 4097, 3, 4]
    replay = serve(
        *(
            faults.PauseAfterBytes(count=count, seconds=0.15, skip=number, first=1)
            for number, count in enumerate(pauses)
        )
    )
    gateway = connect(replay)
    assert [rows_of(gateway) for _ in pauses] == [40] * len(pauses)


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_a_reply_that_comes_in_pieces_is_whole(serve: Serve, connect: Connect, size: int) -> None:
    assert rows_of(connect(serve(faults.Chunked(size=size)))) == 40


def test_a_reply_without_its_end_marker_fails_at_the_idle_deadline(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    replay = serve(faults.NoEndMarker(symbol="ES"))
    outcomes = bring_up_to_date(repository_of(replay, idle_timeout=0.3), "ES", "NQ")
    error = failure_of(outcomes["ES"])
    assert isinstance(error, ReplyTimeoutError)
    assert "nothing arrived for 0.3 s" in str(error)
    assert is_whole(outcomes["NQ"], NASDAQ)
    assert_only_nasdaq_was_stored(local)


def test_a_reply_that_drips_without_end_fails_at_the_total_deadline(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    replay = serve(faults.Drip(symbol="ES", seconds=0.1, rounds=100))
    repository = repository_of(replay, idle_timeout=0.3, total_timeout=0.8)
    outcomes = bring_up_to_date(repository, "ES", "NQ")
    error = failure_of(outcomes["ES"])
    assert isinstance(error, ReplyTimeoutError)
    assert "incomplete after 0.8 s" in str(error)
    assert_only_nasdaq_was_stored(local)


def test_a_reply_that_drips_but_ends_is_whole(serve: Serve, repository_of: RepositoryOf) -> None:
    replay = serve(faults.Drip(seconds=0.15))
    outcomes = bring_up_to_date(repository_of(replay, idle_timeout=0.4), "ES")
    assert is_whole(outcomes["ES"], ES)


@pytest.mark.parametrize("reset", [False, True])
def test_a_line_that_drops_after_any_row_stores_nothing(
    serve: Serve, repository_of: RepositoryOf, local: Local, reset: bool
) -> None:
    counts = range(len(ES.contracts) + 1)
    replay = serve(
        *(faults.HangUpAfterRows(rows=rows, reset=reset, skip=2 * rows, first=2) for rows in counts)
    )
    repository = repository_of(replay)
    for _ in counts:
        error = failure_of(bring_up_to_date(repository, "ES")["ES"])
        assert isinstance(error, ConnectionLostError)
        assert not local.products
    assert is_whole(bring_up_to_date(repository, "ES")["ES"], ES)


def test_a_line_that_drops_once_after_any_row_is_whole_at_the_second_try(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    counts = range(len(ES.contracts) + 1)
    replay = serve(*(faults.HangUpAfterRows(rows=rows, skip=2 * rows, first=1) for rows in counts))
    repository = repository_of(replay)
    for _ in counts:
        assert is_whole(bring_up_to_date(repository, "ES")["ES"], ES)
        local.products.clear()
    assert replay.connections == 1 + len(counts)


@pytest.mark.parametrize("row", [0, 3])
@pytest.mark.text_protocol
def test_a_row_truncated_at_any_field_fails_its_product_alone(
    serve: Serve, repository_of: RepositoryOf, local: Local, row: int
) -> None:
    lengths = range(FIELDS_OF_A_ROW)
    replay = serve(
        *(
            faults.TruncatedRow(row=row, fields=fields, symbol="ES", skip=fields, first=1)
            for fields in lengths
        )
    )
    repository = repository_of(replay)
    for _ in lengths:
        error = failure_of(bring_up_to_date(repository, "ES")["ES"])
        assert isinstance(error, InvalidReplyError)
    assert not local.products
    assert is_whole(bring_up_to_date(repository, "ES")["ES"], ES)
    assert is_whole(bring_up_to_date(repository, "NQ")["NQ"], NASDAQ)
    assert replay.connections == 1


def test_a_bond_among_the_rows_fails_its_product_alone(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    bond = "18" if SERVER_VERSION < PROTOBUF_ROWS else "218"
    replay = serve(faults.ReplacedField(row=1, field=0, value=bond, symbol="ES"))
    outcomes = bring_up_to_date(repository_of(replay), "ES", "NQ")
    assert isinstance(failure_of(outcomes["ES"]), InvalidReplyError)
    assert_only_nasdaq_was_stored(local)


@pytest.mark.text_protocol
def test_an_end_marker_with_a_field_too_many_fails_its_product_alone(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    repository = repository_of(serve(faults.EndWithExtraField(symbol="ES")))
    outcomes = bring_up_to_date(repository, "ES", "NQ")
    assert isinstance(failure_of(outcomes["ES"]), InvalidReplyError)
    assert_only_nasdaq_was_stored(local)


@pytest.mark.parametrize(
    "message", [b"999\0x\0", b"15\0001\0DU1\0", b"0\0", b"-1\0", b"52\0001\0-1\0"]
)
@pytest.mark.text_protocol
def test_a_message_that_is_no_part_of_a_reply_disturbs_none(
    serve: Serve, repository_of: RepositoryOf, message: bytes
) -> None:
    replay = serve(faults.InsertedBytes(data=wire_frame(message), before_row=2))
    assert is_whole(bring_up_to_date(repository_of(replay), "ES")["ES"], ES)


@pytest.mark.parametrize(
    "message",
    [b"", b"x\0", b"10", b"10\0", b"10\x008\0", b"10\x008\0x\0", b"52\0", b"52\x001\0x\0"],
)
@pytest.mark.text_protocol
def test_a_message_that_may_have_been_a_row_fails_what_is_due(
    serve: Serve, repository_of: RepositoryOf, local: Local, message: bytes
) -> None:
    replay = serve(faults.InsertedBytes(data=wire_frame(message), before_row=2, first=1))
    repository = repository_of(replay)
    assert isinstance(failure_of(bring_up_to_date(repository, "ES")["ES"]), InvalidReplyError)
    assert not local.products
    assert is_whole(bring_up_to_date(repository, "ES")["ES"], ES)


@pytest.mark.parametrize(
    "data", [b"\xff\xff\xff\xff", wire_frame(b"x" * (17 << 20)), b"\x00\x10\x00\x01"]
)
def test_a_frame_too_long_ends_the_session_at_once(
    serve: Serve, repository_of: RepositoryOf, local: Local, data: bytes
) -> None:
    replay = serve(faults.InsertedBytes(data=data, before_row=2, symbol="ES"))
    outcomes = bring_up_to_date(repository_of(replay, idle_timeout=30.0), "ES", "NQ")
    error = failure_of(outcomes["ES"])
    assert isinstance(error, ConnectionLostError)
    assert "bytes announced" in str(error)
    assert_only_nasdaq_was_stored(local)


def test_four_thousand_rows_arrive_whole(serve: Serve, connect: Connect) -> None:
    chain = with_chain(ES, 1, first_con_id=1)
    row = contract_row(chain.contracts[0])
    replay = serve(faults.ForeignRows(rows=(row,) * 4_000))
    assert rows_of(connect(replay, idle_timeout=60.0, total_timeout=60.0), ES_AT_CME) == 4_004


def test_a_reply_larger_than_any_chain_is_refused_and_others_are_not(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{INTAKE}.MAX_REPLY_WEIGHT", 200_000)
    gateway = connect(serve())
    assert rows_of(gateway, ES_AT_CME) == 4
    with pytest.raises(ReplyTooLargeError, match=r"NQ@CME: a reply of \d+ contracts"):
        rows_of(gateway)
    assert rows_of(gateway, ES_AT_CME) == 4


def test_of_replies_too_large_together_the_largest_is_refused(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{BUDGET}.MAX_SESSION_WEIGHT", 200_000)
    gateway = connect(serve(faults.NoEndMarker(symbol="ES")), idle_timeout=60.0)
    small = gateway.request_contracts(ES_AT_CME)
    with pytest.raises(ReplyTooLargeError):
        rows_of(gateway)
    assert not small.done()


def test_rows_count_until_their_reply_is_let_go_of(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = connect(serve())
    kept = [gateway.request_contracts(ES_AT_CME).result(90) for _ in range(2)]
    rows = [reply.rows.sent for reply in kept]
    weights = [row.weight for row in rows]  # another in text than in protobuf
    monkeypatch.setattr(f"{BUDGET}.MAX_SESSION_WEIGHT", sum(weights) + min(weights) // 2)
    with pytest.raises(ReplyTooLargeError):
        rows_of(gateway, ES_AT_CME)
    kept.clear()
    rows.clear()
    for _ in range(10):
        assert rows_of(gateway, ES_AT_CME) == 4


def test_late_rows_of_a_request_that_timed_out_are_not_mixed_into_the_next(
    serve: Serve, connect: Connect
) -> None:
    replay = serve(
        faults.Late(seconds=0.8, first=1),
        faults.Drip(seconds=0.15, skip=1, first=1),
    )
    gateway = connect(replay, idle_timeout=0.4)
    with pytest.raises(ReplyTimeoutError):
        rows_of(gateway, ES_AT_CME)
    assert rows_of(gateway, ES_AT_CME) == 4


def test_request_ids_are_never_used_again_even_in_a_later_session(
    serve: Serve, connect: Connect
) -> None:
    replay = serve()
    gateway = connect(replay)
    for _ in range(3):
        rows_of(gateway)
        gateway.close()
    ids = [
        request.req_id for request in replay.requests if isinstance(request, ContractDataRequest)
    ]
    assert ids == list(range(ids[0], ids[0] + 3))
    assert min(ids) > 100_000


def test_a_complete_reply_without_rows_stores_nothing(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    repository = repository_of(serve(faults.KeptRows(count=0)))
    error = failure_of(bring_up_to_date(repository, "ES")["ES"])
    assert isinstance(error, ProductNotFoundError)
    assert not local.products


def test_replies_of_requests_in_flight_at_once_are_kept_apart(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    replay = serve(faults.Drip(seconds=0.02, symbol="NQ"), faults.Drip(seconds=0.1, symbol="ES"))
    outcomes = bring_up_to_date(repository_of(replay), "ES", "NQ")
    assert is_whole(outcomes["ES"], ES)
    assert is_whole(outcomes["NQ"], NASDAQ)


@pytest.mark.text_protocol
def test_what_was_received_is_kept_as_evidence(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    replay = serve()
    bring_up_to_date(repository_of(replay), "ES", exchange="CME")
    ((kept,),) = local.replies.values()
    layout = ContractDataLayout(157)
    rows = [layout.decode(frame.decode().split("\0")[:-1]).con_id for frame in kept.frames[:-1]]
    assert sorted(rows) == [str(contract.con_id) for contract in ES.contracts]
    assert kept.frames[-1].startswith(b"52\x001\0")
    assert (kept.received_at, kept.server_version) == (FakeClock(NOW)(), 157)
