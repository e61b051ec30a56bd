import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from contracts import examples
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, Origin, UnclassifiedFuture
from ibkr_sync.domain.errors import OutdatedDataError, ShrinkRefusedError, UndatedDataError
from ibkr_sync.domain.evidence.product_update import classified_product, plan_update
from one_case import one_case
from strategies import contracts, futures, in_one_chain, instants

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
chains = st.lists(contracts, min_size=1, max_size=4, unique_by=lambda item: item.con_id)


@settings(max_examples=settings().max_examples // 2)
@given(futures(), chains, chains, instants)
def test_no_contract_is_ever_lost(
    product: Future, stored: list[FuturesContract], received: list[FuturesContract], now: datetime
) -> None:
    assume(product.origin is not Origin.CATALOGUE)
    product = dataclasses.replace(product, synced_at=product.synced_at or now)
    before = plan_update(None, in_one_chain(product, stored), now).product
    reply = in_one_chain(product, received)
    after = plan_update(before, reply, now, allow_shrink=True).product
    assert {contract.con_id for contract in after.contracts} == {
        contract.con_id for contract in before.contracts + reply.contracts
    }
    assert all(contract.listing is not None for contract in after.contracts)
    in_order = [(contract.last_trade_date, contract.con_id) for contract in after.contracts]
    assert in_order == sorted(in_order)


@given(futures(), chains, chains, st.timedeltas(timedelta(0), timedelta(hours=19)))
def test_the_same_reply_again_makes_no_difference(
    product: Future,
    stored: list[FuturesContract],
    received: list[FuturesContract],
    later: timedelta,
) -> None:
    product = dataclasses.replace(product, synced_at=product.synced_at or NOW)
    before = plan_update(None, in_one_chain(product, stored), NOW).product
    reply = in_one_chain(product, received)
    gone = {contract.con_id for contract in stored}
    once = plan_update(before, reply, NOW, gone=gone, allow_shrink=True)
    twice = plan_update(once.product, reply, NOW + later, gone=gone)
    assert twice.diff.is_empty
    assert twice.history == ()
    assert twice.product.contracts == once.product.contracts


@settings(max_examples=settings().max_examples // 2)
@given(futures(), chains, instants)
def test_a_first_reply_adds_every_contract(
    product: Future, chain: list[FuturesContract], now: datetime
) -> None:
    reply = in_one_chain(product, chain)
    planned = plan_update(None, reply, now)
    assert planned.diff.added == reply.contracts
    listed = {change.con_id for change in planned.history if change.field == "listing"}
    assert listed == {contract.con_id for contract in reply.contracts}


@one_case("allow_shrink", [True, False])
def test_an_empty_reply_never_makes_a_listed_contract_missing(allow_shrink: bool) -> None:
    stored = plan_update(None, examples.ES, NOW).product
    empty = dataclasses.replace(examples.ES, contracts=())
    with pytest.raises(ShrinkRefusedError):
        plan_update(stored, empty, NOW, allow_shrink=allow_shrink)


def test_an_empty_reply_is_harmless_where_everything_has_expired() -> None:
    gone = dataclasses.replace(examples.ES, contracts=(examples.expired(examples.ES, con_id=5),))
    stored = plan_update(None, gone, NOW).product
    planned = plan_update(stored, dataclasses.replace(gone, contracts=()), NOW)
    assert planned.diff.is_empty
    assert planned.product.contracts == stored.contracts


def test_a_file_never_overwrites_what_is_newer() -> None:
    stored = plan_update(None, dataclasses.replace(examples.ES, synced_at=NOW), NOW).product
    old = dataclasses.replace(examples.ES, origin=Origin.FILE, synced_at=NOW - timedelta(seconds=1))
    with pytest.raises(OutdatedDataError):
        plan_update(stored, old, NOW + timedelta(days=1), allow_shrink=True, is_file=True)


@one_case("origin", [Origin.FILE, Origin.SAMPLE])
def test_a_file_without_a_time_is_taken_only_where_nothing_is_stored(origin: Origin) -> None:
    undated = dataclasses.replace(examples.ES, origin=origin, synced_at=None)
    stub = dataclasses.replace(examples.ES, origin=Origin.CATALOGUE, contracts=())
    for nothing in (None, stub):
        taken = plan_update(nothing, undated, NOW, is_file=True).product
        assert taken.synced_at is None
        assert len(taken.contracts) == len(examples.ES.contracts)
    dated = plan_update(None, dataclasses.replace(undated, synced_at=NOW), NOW).product
    for stored in (taken, dated):
        with pytest.raises(UndatedDataError):
            plan_update(stored, undated, NOW + timedelta(days=1), allow_shrink=True, is_file=True)


def test_a_file_dated_in_the_future_says_no_time() -> None:
    ahead = dataclasses.replace(
        examples.ES, origin=Origin.FILE, synced_at=NOW + timedelta(seconds=1)
    )
    taken = plan_update(None, ahead, NOW, is_file=True).product
    assert taken.synced_at is None
    stored = plan_update(None, dataclasses.replace(ahead, synced_at=NOW), NOW, is_file=True).product
    with pytest.raises(UndatedDataError, match="in the future"):
        plan_update(stored, ahead, NOW, is_file=True)
    assert plan_update(stored, ahead, NOW + timedelta(days=1), is_file=True).product.synced_at


def test_a_file_with_a_time_is_taken_over_one_without() -> None:
    undated = dataclasses.replace(examples.ES, origin=Origin.FILE, synced_at=None)
    stored = plan_update(None, undated, NOW, is_file=True).product
    message = dataclasses.replace(undated, synced_at=NOW - timedelta(days=9))
    update = plan_update(stored, message, NOW, is_file=True)
    assert update.product.synced_at == NOW - timedelta(days=9)


def test_a_newer_file_is_taken_and_one_of_equal_age_changes_nothing() -> None:
    stored = plan_update(None, dataclasses.replace(examples.ES, synced_at=NOW), NOW).product
    message = dataclasses.replace(examples.ES, origin=Origin.FILE, synced_at=NOW, name="S&P")
    later = NOW + timedelta(days=1)
    same = plan_update(stored, message, later, is_file=True)
    assert (same.product, same.history, same.diff.is_empty) == (stored, (), True)
    newer = dataclasses.replace(message, synced_at=NOW + timedelta(hours=1))
    assert plan_update(stored, newer, later, is_file=True).product.name == "S&P"


def test_what_a_file_lacks_is_no_loss_however_much_it_is() -> None:
    stored = plan_update(None, dataclasses.replace(examples.ES, synced_at=NOW), NOW).product
    later = NOW + timedelta(days=1)
    short = dataclasses.replace(
        examples.ES, origin=Origin.FILE, synced_at=later, contracts=examples.ES.contracts[:1]
    )
    update = plan_update(stored, short, later, is_file=True)
    assert len(update.product.contracts) == len(stored.contracts)
    assert {change.field for change in update.history} == {"origin"}
    with pytest.raises(ShrinkRefusedError):
        plan_update(stored, dataclasses.replace(short, origin=Origin.IBKR), later)


def test_a_gateway_is_believed_even_when_our_clock_was_ahead() -> None:
    stored = plan_update(None, dataclasses.replace(examples.ES, synced_at=NOW), NOW).product
    earlier = NOW - timedelta(hours=1)
    message = dataclasses.replace(examples.ES, synced_at=earlier, name="S&P")
    assert plan_update(stored, message, earlier).product.name == "S&P"


def test_a_contract_was_last_seen_when_the_reply_was_given() -> None:
    received = dataclasses.replace(examples.ES, synced_at=NOW - timedelta(hours=1))
    (seen,) = {
        contract.listing.last_seen_at
        for contract in plan_update(None, received, NOW).product.contracts
        if contract.listing
    }
    assert seen == received.synced_at


def test_a_product_that_the_catalogue_lost_keeps_its_category_unless_the_reply_has_one() -> None:
    stored = dataclasses.replace(examples.ES, category="equity index")
    received = UnclassifiedFuture(
        symbol="ESX", exchange="CME", trading_class="ESX", currency="USD", category=None
    )
    assert classified_product(stored, received).category == "equity index"
    with_own = dataclasses.replace(received, category="index")
    assert classified_product(stored, with_own).category == "index"
