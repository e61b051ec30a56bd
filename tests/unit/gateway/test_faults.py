from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from fakes.tws_client import decode_error
from gateway import faults
from gateway.dialects import dialect_for
from gateway.faults import Fault, FaultScript, Occasion, Situation
from ibkr_sync.infrastructure.replay.protocol.reply_parts import (
    HangUpPart,
    Plan,
    ReplyBytes,
    ReplyMessage,
    ReplyPart,
    ReplyStall,
    ReplyWait,
    Step,
    reply_in_few_writes,
)
from ibkr_sync.infrastructure.replay.protocol.requests import (
    ContractDataRequest,
    MarketRuleRequest,
    Request,
    StartApiRequest,
)
from ibkr_sync.infrastructure.replay.protocol.wire import fields_from_wire, wire_frame
from ibkr_sync.infrastructure.replay.rows import ContractRow
from one_case import one_case

DIALECT = dialect_for(187)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
ES = ContractDataRequest(req_id=12, symbol="ES", sec_type="FUT")
CON_ID = 13  # place of the conId on the wire at 187


def _situation(
    request: Request | None = ES, occasion: Occasion = Occasion.CONTRACT_DATA
) -> Situation:
    return Situation(occasion=occasion, dialect=DIALECT, now=NOW, request=request)


HELLO = _situation(None, Occasion.HELLO)
START = _situation(StartApiRequest(client_id=7), Occasion.START_API)


def _row(number: int) -> ContractRow:
    return ContractRow(
        symbol="ES",
        last_trade_date_or_contract_month=f"2027{number + 1:02}18",
        exchange="CME",
        currency="USD",
        local_symbol=f"ES{number}",
        trading_class="ES",
        con_id=str(number),
        min_tick="0.25",
    )


def _plan(rows: int = 3) -> Plan:
    messages = [
        ReplyMessage(DIALECT.contract_data(_row(number), 12), ReplyPart.ROW)
        for number in range(rows)
    ]
    return [*messages, ReplyMessage(DIALECT.contract_data_end(12), ReplyPart.END)]


def _rewritten(plan: Plan, *script: Fault, situation: Situation | None = None) -> Plan:
    return FaultScript(script).rewrite(plan, situation or _situation())


def _outline(plan: Sequence[Step]) -> list[object]:
    """Rows by conId, other messages by message id, errors by code, other steps as they are."""
    outline: list[object] = []
    for step in plan:
        if not isinstance(step, ReplyMessage):
            outline.append(step)
            continue
        fields = fields_from_wire(step.payload)
        if fields[0] == "4":
            outline.append(decode_error(fields, 187)[:2])
        else:
            outline.append(f"#{fields[CON_ID]}" if fields[0] == "10" else fields[0])
    return outline


def _stream(plan: Plan) -> bytes:
    return b"".join(step.data for step in reply_in_few_writes(plan) if isinstance(step, ReplyBytes))


@one_case(
    ("fault", "outline"),
    [
        (faults.Silence(), []),
        (faults.NoEndMarker(), ["#0", "#1", "#2"]),
        (faults.KeptRows(count=1), ["#0", "52"]),
        (faults.KeptRows(count=0), ["52"]),
        (faults.DuplicatedRow(row=1), ["#0", "#1", "#1", "#2", "52"]),
        (faults.ForeignRows(rows=(_row(9),), before_row=1), ["#0", "#9", "#1", "#2", "52"]),
        (faults.ErrorReply(code=200), [(12, 200)]),
        (faults.RateRefused(), [(-1, 100)]),
        (faults.RateRefused(times=3, closes=True),
         [(-1, 100), (-1, 100), (-1, 100), HangUpPart()]),
        (faults.Notice(code=1100), [(-1, 1100), "#0", "#1", "#2", "52"]),
        (faults.Notice(code=162, for_request=True, before_row=2),
         ["#0", "#1", (12, 162), "#2", "52"]),
        (faults.Notice(code=2157, before_row=3), ["#0", "#1", "#2", (-1, 2157), "52"]),
        (faults.Notice(code=2158, before_row=None, times=2),
         ["#0", "#1", "#2", "52", (-1, 2158), (-1, 2158)]),
        (faults.InsertedBytes(data=b"\0\0\0\0", before_row=1),
         ["#0", ReplyBytes(b"\0\0\0\0"), "#1", "#2", "52"]),
        (faults.HangUpAfterRows(), [HangUpPart()]),
        (faults.HangUpAfterRows(rows=2), ["#0", "#1", HangUpPart()]),
        (faults.HangUpAfterRows(rows=3, reset=True), ["#0", "#1", "#2", HangUpPart(reset=True)]),
        (faults.PauseAfterRows(rows=1, seconds=2), ["#0", ReplyStall(2), "#1", "#2", "52"]),
        (faults.Late(seconds=2), [ReplyWait(2), "#0", "#1", "#2", "52"]),
        (faults.Drip(seconds=1),
         [ReplyWait(1), "#0", ReplyWait(1), "#1", ReplyWait(1), "#2", "52"]),
        (faults.PortReset(new_port=4003, occasion=Occasion.CONTRACT_DATA),
         [(-1, 1300), HangUpPart()]),
        (faults.RawReply(data=b"x", occasion=Occasion.CONTRACT_DATA), [ReplyBytes(b"x")]),
    ],
)  # fmt: skip
def test_each_fault_rewrites_a_reply_of_three_rows_as_it_says(
    fault: Fault, outline: list[object]
) -> None:
    assert _outline(_rewritten(_plan(), fault)) == outline


def test_a_drip_can_repeat_the_rows() -> None:
    dripping = _rewritten(_plan(2), faults.Drip(seconds=1, rounds=2))
    assert [value for value in _outline(dripping) if isinstance(value, str)] == [
        "#0", "#1", "#0", "#1", "52",
    ]  # fmt: skip


def test_an_end_marker_can_have_a_field_too_many() -> None:
    end = _rewritten(_plan(0), faults.EndWithExtraField(value="x"))[-1]
    assert isinstance(end, ReplyMessage)
    assert fields_from_wire(end.payload) == ("52", "1", "12", "x")


@one_case("count", range(len(fields_from_wire(DIALECT.contract_data(_row(0), 1))) + 1))
def test_a_row_can_be_truncated_at_every_field(count: int) -> None:
    whole, cut = (plan[1] for plan in (_plan(), _rewritten(_plan(), faults.TruncatedRow(
        row=1, fields=count
    ))))  # fmt: skip
    assert isinstance(whole, ReplyMessage)
    assert isinstance(cut, ReplyMessage)
    assert fields_from_wire(cut.payload) == fields_from_wire(whole.payload)[:count]


@one_case(
    ("value", "on_the_wire"),
    [
        ("x\\", b"\0x\\\0"),
        ("\u202e", b"\0\xe2\x80\xae\0"),
        (b"Soci\xe9t\xe9", b"\0Soci\xe9t\xe9\0"),
    ],
)
def test_a_field_can_be_replaced_by_any_text_or_bytes(
    value: str | bytes, on_the_wire: bytes
) -> None:
    replaced = faults.ReplacedField(row=1, field="long_name", value=value)
    first, second, *_ = _rewritten(_plan(), replaced)
    assert isinstance(second, ReplyMessage)
    assert on_the_wire in second.payload
    assert first == _plan()[0]


def test_a_field_can_be_replaced_in_all_rows_and_by_its_place() -> None:
    plan = _rewritten(_plan(), faults.ReplacedField(row=None, field=CON_ID, value="-1"))
    assert _outline(plan) == ["#-1", "#-1", "#-1", "52"]


def test_a_fault_about_a_row_that_is_not_there_changes_nothing() -> None:
    script = (
        faults.TruncatedRow(row=3, fields=1),
        faults.ReplacedField(row=3, field="symbol", value=""),
        faults.DuplicatedRow(row=3),
    )
    assert _rewritten(_plan(), *script) == _plan()


def test_a_notice_also_precedes_a_reply_without_rows() -> None:
    refusal = _rewritten(_plan(), faults.ErrorReply(code=200))
    plan = _rewritten(refusal, faults.Notice(code=2157))
    assert _outline(plan) == [(-1, 2157), (12, 200)]


def test_faults_compose_in_the_order_given() -> None:
    conflicting = (
        faults.DuplicatedRow(row=0),
        faults.ReplacedField(row=1, field="con_id", value="7"),
        faults.NoEndMarker(),
        faults.Notice(code=1100, before_row=None),
    )
    assert _outline(_rewritten(_plan(), *conflicting)) == ["#0", "#7", "#1", "#2", (-1, 1100)]


@given(multiple=st.sampled_from([64, 4096, 8192]), rows=st.integers(0, 60))
def test_a_padded_reply_is_an_exact_multiple_and_keeps_its_rows(multiple: int, rows: int) -> None:
    padded = _rewritten(_plan(rows), faults.PaddedReply(multiple=multiple))
    assert len(_stream(padded)) % multiple == 0
    assert padded[1:] == _plan(rows)
    assert _outline(padded)[0] == (-1, 2104)


@given(count=st.integers(0, 300), seconds=st.floats(0.1, 5))
def test_a_pause_falls_after_exactly_so_many_bytes(count: int, seconds: float) -> None:
    plan = _rewritten(_plan(), faults.PauseAfterBytes(count=count, seconds=seconds))
    assert _stream(plan) == _stream(_plan())
    before = b"".join(
        step.data
        for step in plan[: plan.index(ReplyStall(seconds))]
        if isinstance(step, ReplyBytes)
    )
    assert len(before) == count


@given(size=st.integers(1, 200))
def test_chunks_have_the_asked_size_and_carry_the_same_bytes(size: int) -> None:
    plan = _rewritten(_plan(), faults.Chunked(size=size))
    sizes = [len(step.data) for step in plan if isinstance(step, ReplyBytes)]
    assert set(sizes[:-1]) <= {size}
    assert sizes[-1] <= size
    assert _stream(plan) == _stream(_plan())


def test_faults_of_bytes_come_last_wherever_they_are_given() -> None:
    plan = _rewritten(_plan(), faults.Chunked(size=50), faults.NoEndMarker())
    assert _stream(plan) == _stream(_plan()[:-1])


def test_a_fault_can_be_limited_to_one_symbol() -> None:
    fault = faults.Silence(symbol="NQ")
    nq = _situation(ContractDataRequest(req_id=1, symbol="NQ"))
    assert _rewritten(_plan(), fault) == _plan()
    assert _rewritten(_plan(), fault, situation=nq) == []


def test_a_fault_can_skip_some_occasions_and_end_after_others() -> None:
    script = FaultScript([faults.Silence(symbol="ES", skip=1, first=2)])
    nq = _situation(ContractDataRequest(req_id=1, symbol="NQ"))
    struck = []
    for _ in range(5):
        script.rewrite(_plan(), nq)
        struck.append(script.rewrite(_plan(), _situation()) == [])
    assert struck == [False, True, True, False, False]


def test_a_fault_leaves_other_occasions_alone() -> None:
    rule = _situation(MarketRuleRequest(market_rule_id="67"), Occasion.MARKET_RULE)
    assert _rewritten(_plan(), faults.Silence(), situation=rule) == _plan()
    silence = faults.Silence(occasion=Occasion.MARKET_RULE)
    assert _rewritten(_plan(), silence, situation=rule) == []
    assert _rewritten(_plan(), silence) == _plan()


@one_case("text", ["abc", "60", "99999", "-1"])
def test_the_handshake_can_name_any_version(text: str) -> None:
    greeting: Plan = [ReplyMessage(b"187\x0020261123 07:00:00 America/New_York\0")]
    (step,) = _rewritten(greeting, faults.ServerVersionText(text=text), situation=HELLO)
    assert isinstance(step, ReplyMessage)
    assert fields_from_wire(step.payload)[0] == text
    assert len(fields_from_wire(step.payload)) == 2


def test_an_early_start_comes_with_the_handshake_in_one_write_and_not_again() -> None:
    greeting: Plan = [ReplyMessage(b"187\0now\0")]
    early = _rewritten(greeting, faults.EarlyStart(), situation=HELLO)
    assert _outline(early) == ["187", "9", "15", (-1, 2104), (-1, 2106), (-1, 2158)]
    assert len(reply_in_few_writes(early)) == 1
    assert _rewritten(_plan(), faults.EarlyStart(), situation=START) == []
    assert _rewritten(_plan(), faults.EarlyStart()) == _plan()


def test_a_start_can_lack_the_next_valid_id() -> None:
    start: Plan = [
        ReplyMessage(DIALECT.next_valid_id(1), ReplyPart.NEXT_VALID_ID),
        ReplyMessage(DIALECT.managed_accounts("DU1")),
    ]
    assert _outline(_rewritten(start, faults.NoNextValidId(), situation=START)) == ["15"]


@one_case(
    ("client_ids", "refused"), [(None, True), (frozenset({7, 8}), True), (frozenset({8}), False)]
)
def test_some_or_all_client_ids_can_be_in_use(
    client_ids: frozenset[int] | None, refused: bool
) -> None:
    fault = faults.ClientIdInUse(client_ids=client_ids)
    outline = _outline(_rewritten(_plan(0), fault, situation=START))
    assert outline == ([(-1, 326), HangUpPart()] if refused else ["52"])


def test_messages_next_to_each_other_become_one_write() -> None:
    one, two, three = (ReplyMessage(text) for text in (b"1\0", b"2\0", b"3\0"))
    assert reply_in_few_writes([one, two, ReplyWait(1), three, ReplyBytes(b"x"), HangUpPart()]) == [
        ReplyBytes(wire_frame(b"1\0") + wire_frame(b"2\0")),
        ReplyWait(1),
        ReplyBytes(wire_frame(b"3\0")),
        ReplyBytes(b"x"),
        HangUpPart(),
    ]


def test_every_fault_can_be_imported_from_the_package() -> None:
    kinds = {kind.__name__ for kind in Fault.__subclasses__()}
    assert len(kinds) > 20
    assert kinds <= set(faults.__all__)
