"""A product that its source no longer knows: missing, delisted and closed, each only twice sure."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from contracts import examples
from example_products import NOW
from ibkr_sync.domain.canonical_text import canonical_text
from ibkr_sync.domain.entities.contracts import ContractState
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.evidence.file_evidence import product_in_file
from ibkr_sync.domain.evidence.product_absence import contracts_to_ask_for, plan_product_absence
from ibkr_sync.domain.evidence.product_update import plan_update

REPLY = dataclasses.replace(examples.with_chain(examples.ES, 4, first_con_id=1), synced_at=NOW)
STORED = plan_update(None, REPLY, NOW).product
ALL = frozenset(contract.con_id for contract in STORED.contracts)
NIGHT = timedelta(hours=24)


def states(product: Future) -> set[ContractState]:
    return {contract.state(NOW) for contract in product.contracts}


def test_the_first_absence_makes_contracts_missing_and_the_second_delists_and_closes() -> None:
    first = plan_product_absence(STORED, ALL, NOW)
    assert states(first.product) == {ContractState.MISSING}
    assert (first.product.absent_since, first.product.closed_at) == (NOW, None)
    assert {(change.field, change.new) for change in first.history} == {("listing", "missing")}
    second = plan_product_absence(first.product, ALL, NOW + NIGHT)
    assert states(second.product) == {ContractState.DELISTED}
    assert second.product.closed_at == NOW + NIGHT
    assert [change.field for change in second.history].count("closed_at") == 1
    third = plan_product_absence(second.product, frozenset(), NOW + 2 * NIGHT)
    assert (third.product, third.history) == (second.product, ())
    assert (second.product.synced_at, second.product.name) == (STORED.synced_at, STORED.name)


def test_two_absences_in_one_night_confirm_nothing() -> None:
    first = plan_product_absence(STORED, ALL, NOW).product
    again = plan_product_absence(first, ALL, NOW + timedelta(hours=19))
    assert (again.product, again.history) == (first, ())


def test_an_absence_that_a_clock_ahead_has_dated_begins_anew() -> None:
    ahead = plan_product_absence(STORED, ALL, NOW + 30 * NIGHT).product
    first = plan_product_absence(ahead, ALL, NOW).product
    assert (first.absent_since, first.closed_at) == (NOW, None)
    assert states(first) == {ContractState.MISSING}
    assert plan_product_absence(first, ALL, NOW + NIGHT).product.closed_at == NOW + NIGHT


def test_what_a_clock_ahead_has_closed_begins_anew() -> None:
    product = STORED
    for night in (0, 20):
        product = plan_product_absence(product, ALL, NOW + night * NIGHT).product
    assert product.closed_at == NOW + 20 * NIGHT
    right = NOW + NIGHT
    product = plan_product_absence(product, ALL - {2}, right).product
    assert product.closed_by(right) is None
    ahead = [
        contract
        for contract in product.contracts
        if contract.state(right) is ContractState.DELISTED
    ]
    assert [contract.con_id for contract in ahead] == [2]
    product = plan_product_absence(product, ALL, NOW + 2 * NIGHT).product
    assert product.closed_by(NOW + 2 * NIGHT) is None  # of conId 2 it is the first time
    closing = plan_product_absence(product, ALL, NOW + 3 * NIGHT)
    assert closing.product.closed_by(NOW + 3 * NIGHT) == NOW + 3 * NIGHT
    (closed,) = (change for change in closing.history if change.field == "closed_at")
    assert closed.old == canonical_text(NOW + 20 * NIGHT)


def test_a_contract_of_which_nothing_is_said_keeps_the_product_open() -> None:
    product = STORED
    for night in range(4):
        product = plan_product_absence(product, ALL - {2}, NOW + night * NIGHT).product
    assert product.closed_at is None
    (listed,) = (
        contract for contract in product.contracts if contract.state(NOW) is ContractState.ACTIVE
    )
    assert listed.con_id == 2


def test_a_product_whose_contracts_have_ended_is_closed_by_its_absence_alone() -> None:
    chain = (examples.expired(examples.ES, con_id=5), examples.expired(examples.ES, con_id=6))
    ended = plan_update(None, dataclasses.replace(REPLY, contracts=chain), NOW).product
    assert contracts_to_ask_for(ended, NOW) == ()
    first = plan_product_absence(ended, frozenset(), NOW)
    assert (first.history, first.product.closed_at) == ((), None)
    second = plan_product_absence(first.product, frozenset(), NOW + NIGHT)
    assert [change.field for change in second.history] == ["closed_at"]


def test_what_ended_before_its_product_was_gone_has_expired_once() -> None:
    last = dataclasses.replace(STORED, contracts=STORED.contracts[:1])
    (contract,) = last.contracts
    end = NOW + timedelta(days=(contract.last_trade_date - NOW.date()).days)
    product, counts = last, []
    for night in (1, 2, 3):
        update = plan_product_absence(product, frozenset(), end + night * NIGHT)
        product = update.product
        counts.append(len(update.diff.expired))
    assert counts == [1, 0, 0]
    assert product.closed_at == end + 2 * NIGHT


def test_an_answer_opens_a_product_again_and_a_file_of_the_past_does_not() -> None:
    product = STORED
    for night in (0, 1):
        product = plan_product_absence(product, ALL, NOW + night * NIGHT).product
    later = NOW + 2 * NIGHT
    answered = plan_update(product, dataclasses.replace(REPLY, synced_at=later), later)
    assert (answered.product.absent_since, answered.product.closed_at) == (None, None)
    assert "closed_at" in {change.field for change in answered.history}
    old = (examples.expired(examples.ES, con_id=5),)
    message = product_in_file(
        dataclasses.replace(REPLY, contracts=old, synced_at=later), REPLY.origin
    )
    filed = plan_update(product, message, later, is_file=True).product
    assert (filed.absent_since, filed.closed_at) == (product.absent_since, product.closed_at)


@given(st.lists(st.integers(-100, 100), max_size=8))
def test_whatever_the_clock_does_only_twenty_hours_of_absence_close(hours: list[int]) -> None:
    product = STORED
    seen: list[int] = []
    for at in hours:
        product = plan_product_absence(product, ALL, NOW + timedelta(hours=at)).product
        seen.append(at)
        if product.closed_at is not None:
            assert max(seen) - min(seen) >= 20
            return
    in_order = all(a <= b for a, b in pairwise(hours))
    if in_order and hours and hours[0] >= 0:  # the contracts were seen at NOW
        assert hours[-1] - hours[0] < 20
