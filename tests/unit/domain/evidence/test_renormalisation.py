"""A kept reply, read again, changes what is read and nothing of what was seen."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import examples
from fakes.hours import sent_hours
from ibkr_sync.domain.entities.contracts import ContractListing
from ibkr_sync.domain.entities.futures import (
    CommodityFuture,
    Future,
    IndexFuture,
    UnclassifiedFuture,
)
from ibkr_sync.domain.errors import RawReplyError
from ibkr_sync.domain.evidence.renormalisation import plan_renormalisation, product_after_reply

SEEN = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOW = SEEN + timedelta(days=3)
SENT = examples.with_chain(examples.ES, 5, first_con_id=1)


def as_stored(product: Future, **listing: datetime) -> Future:
    seen = ContractListing(first_seen_at=SEEN, last_seen_at=SEEN, **listing)
    chain = tuple(dataclasses.replace(contract, listing=seen) for contract in product.contracts)
    return dataclasses.replace(product, contracts=chain, synced_at=SEEN)


STORED = as_stored(SENT)


def test_what_is_read_the_same_changes_nothing() -> None:
    update = plan_renormalisation(STORED, SENT, NOW)
    assert (update.product, update.history, update.diff.is_empty) == (STORED, (), True)


def test_hours_that_no_reply_states_any_more_stay_and_those_of_what_has_ended_stay_away() -> None:
    hours = sent_hours("20261123:1700-20261124:1600")
    first, *others = SENT.contracts
    ended = dataclasses.replace(first, last_trade_at=SEEN, last_trade_date=SEEN.date())
    again = [dataclasses.replace(contract, schedule=hours) for contract in (ended, *others)]
    after = product_after_reply(None, dataclasses.replace(SENT, contracts=tuple(again)), SEEN)
    silent = [dataclasses.replace(contract, schedule=None) for contract in (ended, *others)]
    reply = dataclasses.replace(SENT, contracts=tuple(silent))
    after = product_after_reply(after, reply, SEEN)
    stored = as_stored(dataclasses.replace(reply, contracts=(silent[0], *again[1:])))
    product = plan_renormalisation(stored, after, NOW).product
    assert [contract.schedule for contract in product.contracts] == [None, *[hours] * len(others)]


@given(
    absent=st.sets(st.integers(1, 5)),
    listing=st.sampled_from([{}, {"missing_since": SEEN}, {"delisted_at": SEEN}]),
)
def test_no_contract_is_added_lost_or_seen_again(
    absent: set[int], listing: dict[str, datetime]
) -> None:
    stored = as_stored(SENT, **listing)
    halved = tuple(
        dataclasses.replace(other, multiplier=Decimal(25))
        for other in SENT.contracts
        if other.con_id not in absent
    )
    update = plan_renormalisation(stored, dataclasses.replace(SENT, contracts=halved), NOW)
    diff = update.diff
    assert (diff.added, diff.missing, diff.returned, diff.delisted) == ((), (), (), ())
    before = {other.con_id: other for other in stored.contracts}
    for contract in update.product.contracts:
        assert contract.listing == before[contract.con_id].listing
        assert contract.multiplier == (50 if contract.con_id in absent else 25)
    assert update.product.synced_at == SEEN
    assert {other.con_id for other in diff.updated} == set(before) - absent


def test_contracts_that_are_not_stored_with_the_product_are_ignored() -> None:
    moved = dataclasses.replace(STORED, contracts=STORED.contracts[1:])
    update = plan_renormalisation(moved, SENT, NOW)
    assert update.product == moved


def test_hours_come_from_the_reply_unless_it_has_none() -> None:
    hours = sent_hours("20261124:CLOSED", "20261124:CLOSED")
    first, second = (
        dataclasses.replace(SENT.contracts[0], schedule=hours),
        dataclasses.replace(SENT.contracts[1], schedule=None),
    )
    reread = dataclasses.replace(SENT, contracts=(first, second))
    chain = plan_renormalisation(STORED, reread, NOW).product.contracts
    assert [contract.schedule for contract in chain[:2]] == [hours, examples.HOURS]


def test_another_asset_class_is_a_change_of_the_product() -> None:
    fields = {other.name: getattr(SENT, other.name) for other in dataclasses.fields(SENT)}
    update = plan_renormalisation(STORED, CommodityFuture(**fields), NOW)
    (change,) = update.history
    assert (change.con_id, change.field) == (None, "asset_class")
    assert (change.old, change.new) == ("index", "commodity")
    assert isinstance(update.product, CommodityFuture)


def test_a_product_that_the_catalogue_does_not_know_by_its_new_name_keeps_its_class() -> None:
    fields = {other.name: getattr(SENT, other.name) for other in dataclasses.fields(SENT)}
    stored = dataclasses.replace(STORED, category="index")
    reread = UnclassifiedFuture(**fields | {"category": None, "name": "E-mini"})
    update = plan_renormalisation(stored, reread, NOW)
    assert (type(update.product), update.product.category) == (IndexFuture, "index")
    assert [change.field for change in update.history] == ["name"]


def test_a_reply_about_another_product_is_refused() -> None:
    other = dataclasses.replace(SENT, trading_class="MES")
    with pytest.raises(RawReplyError, match=r"it is about ES@CME \(MES\)"):
        plan_renormalisation(STORED, other, NOW)
