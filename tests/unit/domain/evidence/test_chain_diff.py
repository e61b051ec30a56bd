"""What a complete reply changes: additions, absences, and nothing that it doesn't say."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from example_products import DECEMBER, ES, MARCH
from field_values import OTHER_VALUES
from ibkr_sync.domain.canonical_text import canonical_text
from ibkr_sync.domain.entities.contracts import (
    ContractListing,
    ContractMonth,
    ContractSeries,
    FuturesContract,
    Venue,
)
from ibkr_sync.domain.entities.futures import CONTRACT_FIELDS, Future, Origin, Underlying
from ibkr_sync.domain.entities.schedules import TradingSchedule
from ibkr_sync.domain.errors import SampleDataError, ShrinkRefusedError
from ibkr_sync.domain.evidence.chain_diff import (
    ChainDiff,
    FieldChange,
    diff_chain,
    refuse_chain_shrink,
    refuse_mixed_chain,
)
from ibkr_sync.domain.evidence.product_update import plan_update
from one_case import one_case
from strategies import futures

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
INSTANTS = st.integers(-50_000, 80_000).map(lambda days: NOW + timedelta(days=days))
SEEN = ContractListing(first_seen_at=NOW, last_seen_at=NOW)


def with_contracts(*chain: FuturesContract) -> Future:
    return dataclasses.replace(ES, contracts=chain)


def missing_for(contract: FuturesContract, hours: float) -> FuturesContract:
    """The contract, absent from complete replies since some hours before NOW."""
    at = NOW - timedelta(hours=hours)
    since = dataclasses.replace(SEEN, last_seen_at=min(at, SEEN.last_seen_at), missing_since=at)
    return dataclasses.replace(contract, listing=since)


def diff_of_gone(stored: Future, reply: Future, now: datetime) -> ChainDiff:
    """The difference where the source knows nothing any more of what its reply lacks."""
    return diff_chain(stored, reply, now, {contract.con_id for contract in stored.contracts})


def chain_of(count: int) -> tuple[FuturesContract, ...]:
    return tuple(dataclasses.replace(MARCH, con_id=number, listing=SEEN) for number in range(count))


def test_everything_is_new_in_a_product_that_was_not_stored() -> None:
    diff = diff_chain(None, ES, NOW)
    assert diff == ChainDiff(added=(DECEMBER, MARCH))
    assert not diff.is_empty


@given(futures(), INSTANTS)
def test_the_same_reply_again_changes_nothing(product: Future, now: datetime) -> None:
    listed = [dataclasses.replace(contract, listing=SEEN) for contract in product.contracts]
    stored = dataclasses.replace(product, contracts=tuple(listed))
    diff = diff_chain(stored, product, now)
    assert diff == ChainDiff(unchanged=len(listed))
    assert diff.is_empty


@given(
    futures(),
    futures(),
    INSTANTS,
)
def test_every_contract_of_a_reply_is_accounted_for_once(
    stored: Future, received: Future, now: datetime
) -> None:
    diff = diff_chain(stored, received, now)
    assert len(diff.added) + diff.changed + diff.unchanged == len(received.contracts)
    assert {contract.con_id for contract in diff.added}.isdisjoint(
        contract.con_id for contract in stored.contracts
    )
    absent = {contract.con_id for contract in diff.missing + diff.delisted}
    assert absent <= {contract.con_id for contract in stored.contracts}
    assert absent.isdisjoint(contract.con_id for contract in received.contracts)
    assert not any(contract.is_expired(now) for contract in diff.missing + diff.delisted)


def test_a_new_contract_is_added_without_a_change_of_fields() -> None:
    diff = diff_chain(with_contracts(DECEMBER), ES, NOW)
    assert diff == ChainDiff(added=(MARCH,), unchanged=1)


def test_a_changed_field_is_reported_with_both_values() -> None:
    moved = dataclasses.replace(
        DECEMBER, last_trade_date=date(2026, 12, 17), multiplier=Decimal("5E+1")
    )
    diff = diff_chain(ES, with_contracts(moved, MARCH), NOW)
    assert diff.updated == (moved,)
    assert diff.changes == (
        FieldChange(con_id=600000001, field="last_trade_date", old="2026-12-18", new="2026-12-17"),
    )
    assert diff.unchanged == 1


@one_case(
    ("field", "value"),
    [
        ("order_types", ("LMT",)),
        ("last_trade_text", "20261218 15:30:00 Europe/Berlin"),
        ("min_size", Decimal(1)),
        ("size_increment", Decimal(1)),
        ("suggested_size_increment", Decimal(1)),
        ("settlement_method", "Cash"),
    ],
)
def test_what_depends_on_login_account_or_ibapi_is_updated_and_leaves_no_history(
    field: str, value: object
) -> None:
    other = dataclasses.replace(DECEMBER, **{field: value})  # type: ignore[arg-type]
    diff = diff_chain(ES, with_contracts(other, MARCH), NOW)
    assert (diff.updated, diff.changes) == ((other,), ())
    assert (diff.changed, diff.unchanged, diff.is_empty) == (0, 2, True)


def test_hours_that_roll_on_are_no_change() -> None:
    schedule = TradingSchedule(trading_hours="x", liquid_hours="", time_zone_id="US/Central")
    other = dataclasses.replace(DECEMBER, schedule=schedule)
    assert diff_chain(ES, with_contracts(other, MARCH), NOW).is_empty


def test_every_other_field_of_a_contract_has_a_history() -> None:
    tracked = {field.name for field in dataclasses.fields(FuturesContract)} - {
        *("con_id", "listing", "delivery", "schedule", "order_types", "last_trade_text"),
        *("min_size", "size_increment", "suggested_size_increment", "settlement_method"),
    }
    others = {
        field.name: OTHER_VALUES[field.kind] for field in CONTRACT_FIELDS if field.name in tracked
    }
    full = dataclasses.replace(DECEMBER, **others)  # type: ignore[arg-type]
    diff = diff_chain(with_contracts(DECEMBER), with_contracts(full), NOW)
    assert {change.field for change in diff.changes} == tracked


def test_changes_of_the_product_itself_name_no_contract() -> None:
    renamed = dataclasses.replace(ES, name="S&P 500", synced_at=NOW + timedelta(days=1))
    diff = diff_chain(ES, renamed, NOW)
    assert diff.changes == (
        FieldChange(con_id=None, field="name", old="E-mini S&P 500", new="S&P 500"),
    )
    assert not diff.is_empty


@settings(max_examples=settings().max_examples // 2)
@given(
    futures(),
    futures(),
    INSTANTS,
)
def test_absence_alone_says_nothing(stored: Future, received: Future, now: datetime) -> None:
    diff = diff_chain(stored, received, now)
    assert diff.missing == diff.delisted == ()


@settings(max_examples=settings().max_examples // 2)
@given(
    futures(),
    futures(),
    INSTANTS,
)
def test_whatever_is_in_the_reply_is_never_absent(
    stored: Future, received: Future, now: datetime
) -> None:
    everything = {contract.con_id for contract in (*stored.contracts, *received.contracts)}
    diff = diff_chain(stored, received, now, gone=everything)
    absent = {contract.con_id for contract in (*diff.missing, *diff.delisted)}
    assert absent.isdisjoint(contract.con_id for contract in received.contracts)


def test_a_clock_that_was_ahead_confirms_no_delisting_and_begins_anew() -> None:
    ahead = missing_for(MARCH, -30)
    stored, reply = with_contracts(DECEMBER, ahead), with_contracts(DECEMBER)
    diff = diff_of_gone(stored, reply, NOW)
    assert (diff.missing, diff.redated, diff.delisted) == ((), (ahead,), ())
    planned = plan_update(stored, reply, NOW, gone={MARCH.con_id})
    assert planned.history == ()  # it was missing before
    anew = planned.product.contracts[1]
    assert anew.listing is not None
    assert anew.listing.missing_since == NOW


def test_a_delisting_by_a_clock_that_was_ahead_is_taken_back_to_missing() -> None:
    ahead = missing_for(MARCH, -30)
    assert ahead.listing is not None
    later = NOW + timedelta(hours=60)
    delisted = dataclasses.replace(
        ahead, listing=dataclasses.replace(ahead.listing, delisted_at=later)
    )
    planned = plan_update(
        with_contracts(DECEMBER, delisted), with_contracts(DECEMBER), NOW, gone={MARCH.con_id}
    )
    assert [(change.old, change.new) for change in planned.history] == [("delisted", "missing")]


def test_a_gone_contract_is_missing_and_is_reported_so_once() -> None:
    assert diff_of_gone(ES, with_contracts(DECEMBER), NOW).missing == (MARCH,)
    again = diff_of_gone(
        with_contracts(DECEMBER, missing_for(MARCH, 1)), with_contracts(DECEMBER), NOW
    )
    assert again.is_empty


def test_no_contract_is_delisted_by_the_first_reply_that_lacks_it() -> None:
    long_listed = dataclasses.replace(MARCH, listing=SEEN)
    diff = diff_of_gone(with_contracts(DECEMBER, long_listed), with_contracts(DECEMBER), NOW)
    assert (diff.missing, diff.delisted) == ((long_listed,), ())


@one_case(("hours", "is_delisted"), [(0, False), (19.99, False), (20, True), (99, True)])
def test_a_missing_contract_is_delisted_by_a_second_reply_twenty_hours_later(
    hours: float, is_delisted: bool
) -> None:
    gone = missing_for(MARCH, hours)
    diff = diff_of_gone(with_contracts(DECEMBER, gone), with_contracts(DECEMBER), NOW)
    assert diff.delisted == ((gone,) if is_delisted else ())


def test_a_delisted_contract_is_delisted_once() -> None:
    gone = missing_for(MARCH, 99)
    assert gone.listing is not None
    delisted = dataclasses.replace(
        gone, listing=dataclasses.replace(gone.listing, delisted_at=NOW - timedelta(hours=70))
    )
    stored = with_contracts(DECEMBER, delisted)
    assert diff_of_gone(stored, with_contracts(DECEMBER), NOW).is_empty


def test_an_expired_contract_is_not_missed() -> None:
    after = datetime(2026, 12, 19, tzinfo=UTC)
    assert diff_of_gone(ES, with_contracts(MARCH), after) == ChainDiff(unchanged=1)
    assert diff_of_gone(
        with_contracts(missing_for(DECEMBER, 99), MARCH), with_contracts(MARCH), after
    ).is_empty


@pytest.mark.parametrize(
    ("zone", "last_day_begins"),
    [
        ("America/Chicago", datetime(2027, 3, 19, 5, tzinfo=UTC)),
        ("Asia/Tokyo", datetime(2027, 3, 18, 15, tzinfo=UTC)),
        (None, datetime(2027, 3, 18, 10, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("hours_missing", [None, 99])
def test_a_contract_that_is_absent_on_its_last_day_has_come_to_its_end(
    zone: str | None, last_day_begins: datetime, hours_missing: int | None
) -> None:
    march = dataclasses.replace(MARCH, time_zone=zone, listing=SEEN)
    if hours_missing is not None:
        march = missing_for(march, hours_missing)
    stored, reply = with_contracts(DECEMBER, march), with_contracts(DECEMBER)
    on_the_eve = diff_of_gone(stored, reply, last_day_begins - timedelta(seconds=1))
    assert on_the_eve.missing + on_the_eve.delisted == (march,)
    assert diff_of_gone(stored, reply, last_day_begins).is_empty
    assert diff_of_gone(stored, reply, last_day_begins + timedelta(days=9)).is_empty


def test_contracts_that_end_are_no_loss() -> None:
    chain = chain_of(20)
    gone = tuple(missing_for(contract, 1) for contract in chain[:8])
    before, after = with_contracts(*gone, *chain[8:]), with_contracts(*chain[9:])
    with pytest.raises(ShrinkRefusedError):
        refuse_chain_shrink(before, after, NOW)
    ending = tuple(
        dataclasses.replace(contract, last_trade_date=NOW.date(), time_zone="UTC")
        for contract in gone
    )
    before = with_contracts(*ending, *chain[8:])
    refuse_chain_shrink(before, after, NOW)


def test_what_ended_since_the_last_sync_has_expired() -> None:
    """Not what had ended before, goes on, was delisted, or was first seen after its end."""
    chain = tuple(
        dataclasses.replace(
            DECEMBER, con_id=number, last_trade_at=NOW + timedelta(hours=hours), listing=SEEN
        )
        for number, hours in enumerate((-48, -2, 2, -2))
    )
    delisted = dataclasses.replace(
        chain[1], con_id=9, listing=dataclasses.replace(SEEN, delisted_at=NOW - timedelta(days=1))
    )
    before = dataclasses.replace(
        with_contracts(*chain[:3], delisted), synced_at=NOW - timedelta(days=1)
    )
    planned = plan_update(before, with_contracts(*chain), NOW)
    assert planned.diff.expired == (chain[1],)
    assert plan_update(planned.product, with_contracts(*chain), NOW).diff.expired == ()
    assert plan_update(None, with_contracts(*chain), NOW).diff.expired == ()


def test_a_contract_that_comes_back_has_returned() -> None:
    diff = diff_of_gone(with_contracts(DECEMBER, missing_for(MARCH, 99)), ES, NOW)
    assert diff == ChainDiff(returned=(MARCH,), unchanged=2)
    assert not diff.is_empty


def test_a_contract_may_come_back_changed() -> None:
    changed = dataclasses.replace(MARCH, local_symbol="ESXX")
    diff = diff_of_gone(
        with_contracts(DECEMBER, missing_for(MARCH, 99)), with_contracts(DECEMBER, changed), NOW
    )
    assert (diff.returned, diff.updated, diff.unchanged) == ((changed,), (changed,), 1)


@one_case(
    ("stored", "lost", "is_refused"),
    [
        *((1, 1, True), (2, 1, False), (2, 2, True), (3, 1, False), (3, 2, True)),
        *((4, 2, False), (4, 3, True), (10, 2, False), (10, 3, True), (15, 3, False)),
        *((15, 4, True), (100, 20, False), (100, 21, True)),
    ],
)
def test_a_reply_may_lack_two_contracts_or_a_fifth_and_never_most_of_a_chain(
    stored: int, lost: int, is_refused: bool
) -> None:
    chain = chain_of(stored)
    before, after = with_contracts(*chain), with_contracts(*chain[lost:])
    diff = diff_of_gone(before, after, NOW)
    assert len(diff.missing) == lost
    if not is_refused:
        refuse_chain_shrink(before, after, NOW)
        return
    with pytest.raises(ShrinkRefusedError) as caught:
        refuse_chain_shrink(before, after, NOW)
    assert (caught.value.product, caught.value.stored, caught.value.lost) == (ES.key, stored, lost)


def test_what_earlier_replies_lacked_counts_until_it_is_delisted_or_expired() -> None:
    chain = chain_of(20)
    gone = tuple(missing_for(contract, 1) for contract in chain[:4])
    before = with_contracts(*gone, *chain[4:])
    one_more = with_contracts(*chain[5:])
    with pytest.raises(ShrinkRefusedError) as caught:
        refuse_chain_shrink(before, one_more, NOW)
    assert (caught.value.stored, caught.value.lost) == (20, 5)
    later = datetime(2028, 1, 1, tzinfo=UTC)
    refuse_chain_shrink(before, with_contracts(*chain[5:]), later)


def test_contracts_that_moved_are_present_to_the_guard() -> None:
    before, after = with_contracts(*chain_of(2)), with_contracts()
    with pytest.raises(ShrinkRefusedError):
        refuse_chain_shrink(before, after, NOW, moved=1)
    refuse_chain_shrink(before, after, NOW, moved=2)


def test_a_reply_that_lacks_nothing_new_is_no_loss() -> None:
    chain = chain_of(15)
    gone = tuple(missing_for(contract, 1) for contract in chain[:9])
    before, after = with_contracts(*gone, *chain[9:]), with_contracts(*chain[9:])
    refuse_chain_shrink(before, after, NOW)


def test_a_contract_that_returns_no_longer_counts_as_lost() -> None:
    chain = chain_of(20)
    gone = tuple(missing_for(contract, 1) for contract in chain[:4])
    before = with_contracts(*gone, *chain[4:])
    after = with_contracts(*chain[:4], *chain[8:])
    refuse_chain_shrink(before, after, NOW)


@one_case("real", [Origin.IBKR, Origin.FILE])
def test_sample_and_real_data_are_never_mixed(real: Origin) -> None:
    sample = dataclasses.replace(ES, origin=Origin.SAMPLE)
    genuine = dataclasses.replace(ES, origin=real)
    for stored, received in ((sample, genuine), (genuine, sample)):
        with pytest.raises(SampleDataError):
            refuse_mixed_chain(stored, received)
    refuse_mixed_chain(sample, sample)
    refuse_mixed_chain(genuine, genuine)


def test_what_the_catalogue_knows_may_become_either() -> None:
    known = dataclasses.replace(ES, origin=Origin.CATALOGUE)
    for origin in Origin:
        refuse_mixed_chain(known, dataclasses.replace(ES, origin=origin))


@one_case(
    ("value", "text"),
    [
        (None, None),
        ("", None),
        ((), None),
        ("ES", "ES"),
        (Decimal("50.00"), "50"),
        (Decimal("5E+1"), "50"),
        (Decimal("0.10"), "0.1"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("-0"), "0"),
        (Decimal("0E-9"), "0"),
        (
            Decimal("1234567890123456789012345678.0123456789"),
            "1234567890123456789012345678.0123456789",
        ),
        (100, "100"),
        (0, "0"),
        (date(2026, 12, 18), "2026-12-18"),
        (datetime(2026, 12, 18, 14, 30, tzinfo=UTC), "2026-12-18T14:30:00+00:00"),
        (ContractMonth(2026, 12), "2026-12"),
        (ContractSeries.WEEKLY, "weekly"),
        (Origin.IBKR, "ibkr"),
        (Venue(exchange="CME", market_rule_id=67), "CME:67"),
        (Venue(exchange="CME", market_rule_id=0), "CME:0"),
        (Venue(exchange="CME"), "CME"),
        ((Venue(exchange="CME", market_rule_id=67), Venue(exchange="QBALGO")), "CME:67,QBALGO"),
        (Underlying(symbol="ES", sec_type="IND", con_id=11004968), "ES IND 11004968"),
        (Underlying(symbol="ES"), "ES - -"),
        ((("ISIN", "XX0"), ("CUSIP", "1")), "ISIN,XX0,CUSIP,1"),
    ],
)
def test_history_keeps_a_value_as_text(value: object, text: str | None) -> None:
    assert canonical_text(value) == text


@given(st.decimals(-(10**15), 10**15, allow_nan=False, places=12), st.integers(0, 5))
def test_equal_numbers_have_one_text_and_different_ones_two(number: Decimal, zeros: int) -> None:
    assume(number != 0)
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    longer = Decimal((sign, digits + (0,) * zeros, exponent - zeros))
    assert canonical_text(longer) == canonical_text(number)
    assert Decimal(canonical_text(number) or "") == number


class TestWhatContractsHaveByMonth:
    """A change is the contract's; of the product too where all that live have it alike."""

    CHAIN = tuple(
        dataclasses.replace(
            DECEMBER, con_id=number, last_trade_date=date(2027, number, 20), last_trade_at=None
        )
        for number in range(1, 5)
    )

    def shared(self, *changed: int, gone: tuple[int, ...] = ()) -> list[tuple[int | None, str]]:
        """The changes when these contracts have another tick."""
        after = tuple(
            dataclasses.replace(contract, min_tick=Decimal("0.5"))
            if contract.con_id in changed
            else contract
            for contract in self.CHAIN
            if contract.con_id not in gone
        )
        stored = dataclasses.replace(ES, contracts=self.CHAIN)
        diff = diff_chain(stored, dataclasses.replace(ES, contracts=after), NOW)
        assert {(change.field, change.old, change.new) for change in diff.changes} <= {
            ("min_tick", "0.25", "0.5")
        }
        return [(change.con_id, change.field) for change in diff.changes]

    def test_of_one_or_some_it_is_theirs_alone(self) -> None:
        assert self.shared() == []
        assert self.shared(1) == [(1, "min_tick")]
        assert self.shared(2, 3, 4) == [(number, "min_tick") for number in (2, 3, 4)]

    def test_of_all_it_is_the_product_s_too(self) -> None:
        assert self.shared(1, 2, 3, 4)[0] == (None, "min_tick")
        assert len(self.shared(1, 2, 3, 4)) == 5

    def test_one_that_was_not_in_the_reply_is_not_known_to_have_changed(self) -> None:
        assert (None, "min_tick") not in self.shared(1, 2, 3, gone=(4,))

    def test_one_that_has_ended_or_is_gone_is_not_waited_for(self) -> None:
        ended = dataclasses.replace(self.CHAIN[0], last_trade_date=date(2020, 1, 1))
        gone = dataclasses.replace(
            self.CHAIN[1],
            listing=ContractListing(first_seen_at=NOW, last_seen_at=NOW, missing_since=NOW),
        )
        living = self.CHAIN[2:]
        after = tuple(dataclasses.replace(contract, multiplier=Decimal(5)) for contract in living)
        diff = diff_chain(
            dataclasses.replace(ES, contracts=(ended, gone, *living)),
            dataclasses.replace(ES, contracts=(ended, *after)),
            NOW,
        )
        assert [change.con_id for change in diff.changes] == [None, 3, 4]

    def test_all_that_changed_differently_share_nothing(self) -> None:
        after = tuple(
            dataclasses.replace(contract, multiplier=Decimal(contract.con_id))
            for contract in self.CHAIN
        )
        stored = dataclasses.replace(ES, contracts=self.CHAIN)
        diff = diff_chain(stored, dataclasses.replace(ES, contracts=after), NOW)
        assert None not in {change.con_id for change in diff.changes}

    def test_a_roll_changes_nothing(self) -> None:
        odd = dataclasses.replace(self.CHAIN[0], min_tick=Decimal("0.5"))
        before = dataclasses.replace(ES, contracts=(odd, *self.CHAIN[1:]), synced_at=NOW)
        later = datetime(2027, 2, 1, tzinfo=UTC)
        after = dataclasses.replace(ES, contracts=self.CHAIN[1:], synced_at=later)
        assert (before.min_tick, after.min_tick) == (None, Decimal("0.25"))
        assert diff_chain(before, after, later).changes == ()


def test_an_absence_that_a_clock_behind_has_dated_confirms_nothing_and_begins_anew() -> None:
    """Noted 23 hours before it was last seen, so that half an hour later a day seems to be over."""
    behind = NOW - timedelta(hours=23)
    stored = with_contracts(DECEMBER, missing_seen_at(MARCH, seen=NOW, missing=behind))
    right_again = NOW + timedelta(minutes=30)
    diff = diff_of_gone(stored, with_contracts(DECEMBER), right_again)
    assert ([contract.con_id for contract in diff.redated], diff.delisted) == ([MARCH.con_id], ())
    assert diff_of_gone(stored, with_contracts(DECEMBER), behind).is_empty


def missing_seen_at(
    contract: FuturesContract, *, seen: datetime, missing: datetime
) -> FuturesContract:
    listing = dataclasses.replace(SEEN, last_seen_at=seen, missing_since=missing)
    return dataclasses.replace(contract, listing=listing)
