"""What stands on a contract and its product of what replies say oddly, or leave out."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from example_products import DECEMBER, ES, MARCH
from fakes.hours import sent_hours
from ibkr_sync.domain.entities.contracts import FuturesContract, Venue
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.evidence.product_update import plan_update
from ibkr_sync.domain.evidence.remarks import parse_remarks, remark_sentences
from ibkr_sync.domain.history.event_digest import digest_events
from ibkr_sync.domain.history.events import Event, EventType
from ibkr_sync.domain.history.recorded_history import RecordedChange, RecordedPeriod
from one_case import one_case

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DEC = dataclasses.replace(DECEMBER, time_zone="America/Chicago", long_name="E-mini")
MAR = dataclasses.replace(
    DEC, con_id=MARCH.con_id, local_symbol="ESH7", last_trade_date=date(2027, 3, 19)
)
MAR = dataclasses.replace(MAR, last_trade_at=datetime(2027, 3, 19, 13, 30, tzinfo=UTC))
CHAIN = dataclasses.replace(ES, contracts=(DEC, MAR))
STORED = plan_update(None, CHAIN, NOW).product


def odd(field: str, value: str = "'?'", reason: str = "can't be read") -> Remark:
    return Remark(kind=RemarkKind.ODD_ROW, field=field, value=value, reason=reason)


def unstated(field: str) -> Remark:
    return Remark(kind=RemarkKind.NO_LONGER_STATED, field=field)


def after(
    *contracts: FuturesContract,
    stored: Future = STORED,
    now: datetime = NOW,
    is_file: bool = False,
) -> Future:
    reply = dataclasses.replace(CHAIN, contracts=contracts, synced_at=now)
    return plan_update(stored, reply, now, is_file=is_file).product


def events(stored: Future, received: Future, run: int = 1) -> list[Event]:
    """The events of what one reply changes."""
    planned = plan_update(stored, received, NOW)
    changes = tuple(
        RecordedChange(
            product=ES.key,
            con_id=change.con_id,
            local_symbol=None,
            field=change.field,
            old=change.old,
            new=change.new,
            at=NOW,
            run=run,
        )
        for change in planned.history
    )
    return list(digest_events(RecordedPeriod(changes=changes), NOW, NOW + timedelta(hours=1)))


@one_case(
    ("field", "value"),
    [
        ("multiplier", None),
        ("min_tick", None),
        ("price_magnifier", None),
        ("contract_month", None),
        ("real_expiration_date", None),
        ("long_name", None),
        ("security_ids", ()),
        ("last_trade_at", None),
        ("time_zone", None),
    ],
)
def test_a_known_field_that_a_row_leaves_out_is_kept_and_remarked(
    field: str, value: object
) -> None:
    silent = dataclasses.replace(MAR, **{field: value})  # type: ignore[arg-type]
    product = after(DEC, silent)
    contract = product.contracts[1]
    assert contract.remarks == (unstated(field),)
    assert getattr(contract, field) == getattr(MAR, field)
    assert after(DEC, silent, stored=product) == product
    assert after(DEC, MAR, stored=product).contracts[1].remarks == ()


def test_ladders_and_exchanges_that_are_left_out_are_one_remark() -> None:
    without = tuple(Venue(exchange=venue.exchange) for venue in MAR.venues)
    for venues, field in ((without, "market_rule_ids"), ((), "venues")):
        (remark,) = after(DEC, dataclasses.replace(MAR, venues=venues)).contracts[1].remarks
        assert remark == unstated(field)


def test_order_types_and_what_has_no_history_are_left_out_without_a_remark() -> None:
    stored = after(DEC, dataclasses.replace(MAR, order_types=("LMT",), min_size=Decimal(1)))
    assert after(DEC, MAR, stored=stored).contracts[1].remarks == ()


def test_hours_that_are_left_out_are_kept_and_remarked_until_they_are_stated() -> None:
    hours = sent_hours("20261124:1700-20261125:1600", "20261124:CLOSED")
    full = [dataclasses.replace(other, schedule=hours) for other in (DEC, MAR)]
    stored = after(*full)
    assert [other.remarks for other in stored.contracts] == [(), ()]
    half = dataclasses.replace(full[1], schedule=sent_hours("20261125:1700-20261126:1600"))
    none = dataclasses.replace(MAR, schedule=None)
    for silent, fields in ((half, ["liquid_hours"]), (none, ["trading_hours", "liquid_hours"])):
        product = after(full[0], silent, stored=stored)
        contract = product.contracts[1]
        assert contract.remarks == tuple(map(unstated, fields))
        assert contract.schedule is not None
        assert contract.schedule.liquid_sessions == hours.liquid_sessions
        assert product.remarks == ()
        assert after(full[0], silent, stored=product) == product
        assert after(*full, stored=product).contracts[1].remarks == ()
    (both,) = after(dataclasses.replace(DEC, schedule=None), half, stored=stored).remarks
    assert both == unstated("liquid_hours")


def test_hours_that_roll_on_unread_are_one_event_and_keep_what_was_read() -> None:
    hours = sent_hours("20261124:1700-20261125:1600")
    stored = after(*(dataclasses.replace(contract, schedule=hours) for contract in (DEC, MAR)))

    def unread(day: int) -> Future:
        remark = odd("trading_hours", f"'202611{day}:all day'", "is neither a session nor CLOSED")
        schedule = sent_hours(f"202611{day}:all day")
        chain = (
            dataclasses.replace(contract, schedule=schedule, remarks=(remark,))
            for contract in (DEC, MAR)
        )
        return dataclasses.replace(CHAIN, contracts=tuple(chain))

    (event,) = events(stored, unread(24))
    assert (event.type, event.con_id) == (EventType.ODD_ROW, None)
    product = after(*unread(24).contracts, stored=stored)
    assert [contract.schedule for contract in product.contracts] == [hours, hours]
    assert events(product, unread(25)) == []
    (over,) = events(product, stored)
    assert (over.field, over.new) == ("odd_row", None)


@one_case(
    ("now", "is_habit"),
    [
        (datetime(2026, 12, 16, 18, tzinfo=UTC), False),
        (datetime(2026, 12, 17, 5, 59, tzinfo=UTC), False),  # the day before the eve in Chicago
        (datetime(2026, 12, 17, 6, tzinfo=UTC), True),
        (datetime(2026, 12, 18, 14, 29, tzinfo=UTC), True),
        (datetime(2026, 12, 19, 14, tzinfo=UTC), True),
    ],
)
def test_zone_and_time_are_lost_in_the_last_two_days_by_habit(
    now: datetime, is_habit: bool
) -> None:
    silent = dataclasses.replace(DEC, last_trade_at=None, time_zone=None, schedule=None)
    (remarks, _) = (contract.remarks for contract in after(silent, MAR, now=now).contracts)
    assert remarks == (() if is_habit else (unstated("time_zone"),))
    blank = dataclasses.replace(silent, min_tick=None)
    fields = {remark.field for remark in after(blank, MAR, now=now).contracts[0].remarks}
    assert ("min_tick" in fields) == (now < datetime(2026, 12, 18, 14, 30, tzinfo=UTC))


def test_what_was_remarked_before_its_last_days_is_not_said_to_be_stated_again() -> None:
    silent = dataclasses.replace(DEC, last_trade_at=None, time_zone=None)
    early = after(silent, MAR)
    late = after(silent, MAR, stored=early, now=datetime(2026, 12, 18, 12, tzinfo=UTC))
    assert late.contracts[0].remarks == early.contracts[0].remarks == (unstated("time_zone"),)


def test_a_field_that_can_t_be_read_is_kept_and_no_silence_beside() -> None:
    row = dataclasses.replace(
        MAR, time_zone=None, last_trade_at=None, min_tick=None, remarks=(odd("time_zone"),)
    )
    contract = after(DEC, row).contracts[1]
    assert contract.remarks == (odd("time_zone"), unstated("min_tick"))
    assert (contract.time_zone, contract.last_trade_at) == (MAR.time_zone, MAR.last_trade_at)


def test_another_value_of_the_same_kind_is_the_same_remark() -> None:
    first = after(DEC, dataclasses.replace(MAR, remarks=(odd("category", "'a'"),)))
    second = dataclasses.replace(MAR, remarks=(odd("category", "'b'"),))
    assert after(DEC, second, stored=first) == first
    other = dataclasses.replace(MAR, remarks=(odd("category", "'b'", "is too long"),))
    assert after(DEC, other, stored=first).contracts[1].remarks == other.remarks


def test_a_file_neither_makes_silence_remarkable_nor_settles_what_ibkr_says_oddly() -> None:
    stored = after(DEC, dataclasses.replace(MAR, remarks=(odd("category"),), min_tick=None))
    silent = dataclasses.replace(MAR, multiplier=None)
    for row in (MAR, silent):
        later = NOW + timedelta(days=1)
        given_by_file = after(DEC, row, stored=stored, now=later, is_file=True)
        assert given_by_file.contracts == stored.contracts


def test_what_every_row_has_is_one_event_of_the_product() -> None:
    rows = [dataclasses.replace(contract, remarks=(odd("category"),)) for contract in (DEC, MAR)]
    all_odd = dataclasses.replace(CHAIN, contracts=tuple(rows))
    (event,) = events(STORED, all_odd)
    assert (event.type, event.con_id) == (EventType.ODD_ROW, None)
    assert event.new == "every contract: category '?': can't be read"
    stored = plan_update(STORED, all_odd, NOW).product
    assert stored.remarks == (odd("category"),)
    assert events(stored, all_odd) == []
    # One that is listed later has what is known to be odd in all, which is no news.
    june = dataclasses.replace(rows[1], con_id=77, local_symbol="ESM7")
    later = dataclasses.replace(all_odd, contracts=(*rows, june))
    assert [other.type for other in events(stored, later)] == [EventType.NEW]
    (event,) = events(stored, CHAIN)
    assert (event.type, event.con_id, event.new) == (EventType.FIELD_CHANGED, None, None)


JUN = dataclasses.replace(MAR, con_id=77, local_symbol="ESM7", last_trade_date=date(2027, 6, 18))
JUN = dataclasses.replace(JUN, last_trade_at=datetime(2027, 6, 18, 13, 30, tzinfo=UTC))


@one_case(
    "third",
    [JUN, dataclasses.replace(JUN, category=None)],
)
def test_what_most_rows_have_is_an_event_of_each_of_them(third: FuturesContract) -> None:
    rows = (
        *(dataclasses.replace(contract, remarks=(odd("category"),)) for contract in (DEC, MAR)),
        third,
    )
    stored = plan_update(None, dataclasses.replace(CHAIN, contracts=(DEC, MAR, third)), NOW).product
    received = dataclasses.replace(CHAIN, contracts=rows)
    assert {event.con_id for event in events(stored, received)} == {DEC.con_id, MAR.con_id}
    assert plan_update(stored, received, NOW).product.remarks == ()


def test_ended_contracts_don_t_speak_for_the_chain_and_one_contract_is_none() -> None:
    ended = dataclasses.replace(
        JUN, last_trade_date=date(2026, 6, 19), last_trade_at=NOW - timedelta(days=150)
    )
    rows = [dataclasses.replace(contract, remarks=(odd("category"),)) for contract in (DEC, MAR)]
    chain = after(*rows, ended)
    assert chain.remarks == (odd("category"),)
    assert after(rows[0], ended).remarks == ()


def test_what_every_row_had_is_not_right_again_because_contracts_end() -> None:
    silent = [dataclasses.replace(other, min_tick=None) for other in (DEC, MAR)]
    stored = after(*silent)
    assert stored.remarks == (unstated("min_tick"),)
    for contract, left in ((DEC, silent[1:]), (MAR, silent)):
        later = datetime.combine(contract.last_trade_date, NOW.timetz()) + timedelta(days=1)
        stored = after(*left, stored=stored, now=later)
        assert stored.remarks == (unstated("min_tick"),)


def test_what_every_row_had_is_right_again_when_the_last_one_left_has_it() -> None:
    silent = [dataclasses.replace(contract, min_tick=None) for contract in (DEC, MAR)]
    later = datetime.combine(DEC.last_trade_date, NOW.timetz()) + timedelta(days=1)
    rest = after(silent[1], stored=after(*silent), now=later)
    assert after(MAR, stored=rest, now=later).remarks == ()


def test_what_one_row_of_several_has_is_an_event_of_its_contract() -> None:
    one_odd = dataclasses.replace(
        CHAIN, contracts=(DEC, dataclasses.replace(MAR, remarks=(odd("category"),)))
    )
    (event,) = events(STORED, one_odd)
    assert (event.type, event.con_id) == (EventType.ODD_ROW, MAR.con_id)
    assert event.new == "category '?': can't be read"


def test_what_no_row_states_any_more_is_one_event_though_new_contracts_never_had_it() -> None:
    silent = [dataclasses.replace(contract, min_tick=None) for contract in (DEC, MAR)]
    june = dataclasses.replace(silent[1], con_id=77, local_symbol="ESM7")
    reply = dataclasses.replace(CHAIN, contracts=(*silent, june))
    found = {(event.type, event.con_id) for event in events(STORED, reply)}
    assert found == {(EventType.NO_LONGER_STATED, None), (EventType.NEW, 77)}


ROW_REMARKS = st.lists(
    st.sampled_from([odd("category"), odd("min_tick"), unstated("multiplier")]), unique=True
)


@given(st.lists(st.lists(ROW_REMARKS, min_size=2, max_size=2), max_size=6))
def test_in_any_history_a_remark_is_reported_when_it_appears_and_state_follows_the_last_reply(
    nights: list[list[list[Remark]]],
) -> None:
    stored: Future = STORED
    for remarks in nights:
        rows = tuple(
            dataclasses.replace(remark, remarks=tuple(own))
            for remark, own in zip((DEC, MAR), remarks, strict=True)
        )
        reply = dataclasses.replace(CHAIN, contracts=rows)
        planned = plan_update(stored, reply, NOW)
        for change in planned.history:
            assert change.field == "remarks"
            assert set(parse_remarks(change.old)) != set(parse_remarks(change.new))
        assert [set(contract.remarks) for contract in planned.product.contracts] == [
            set(own) for own in remarks
        ]
        assert plan_update(planned.product, reply, NOW).history == ()
        stored = planned.product


def test_sentences_name_the_first_contract_and_leave_out_what_is_for_information() -> None:
    own = (dataclasses.replace(odd("currency"), contract="ESX9"), odd("category"))
    chain = [(name, (odd("category"), unstated("min_tick"))) for name in ("ESZ6", "ESH7", "ESM7")]
    notices = remark_sentences(own, chain)
    assert notices == (
        "ESZ6 and 2 more: category '?': can't be read",
        "ESX9: currency '?': can't be read; not stored",
    )
    everything = remark_sentences(own, chain, notices_only=False)
    assert set(everything) - set(notices) == {"ESZ6 and 2 more: min_tick no longer stated"}
