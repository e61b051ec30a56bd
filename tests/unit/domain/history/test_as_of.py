"""What was known at an instant: today's state with each later change undone."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from example_products import DECEMBER, ES, NOW
from ibkr_sync.domain.entities.contracts import ContractListing, FuturesContract
from ibkr_sync.domain.entities.futures import Future, IndexFuture, ProductKey, UnclassifiedFuture
from ibkr_sync.domain.history.as_of import product_as_of
from ibkr_sync.domain.history.recorded_history import (
    ProductHistory,
    RecordedChange,
    RecordedReply,
    RecordedRun,
)
from one_case import one_case

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
DAYS = tuple(NOW + number * DAY for number in range(6))
OTHER = ProductKey("EW", "CME", "EW")


def change(
    day: int,
    field: str,
    old: str | None,
    new: str | None,
    *,
    con_id: int | None = DECEMBER.con_id,
    product: ProductKey = ES.key,
) -> RecordedChange:
    return RecordedChange(
        product=product, con_id=con_id, field=field, old=old, new=new, at=DAYS[day], run=day
    )


def history(
    *changes: RecordedChange,
    product: Future = ES,
    contract: FuturesContract = DECEMBER,
    last_seen: int = 5,
    first_reply: int = 1,
) -> ProductHistory:
    """A product with replies on the days from 1 to 5, and one contract seen first on day 1."""
    listing = ContractListing(first_seen_at=DAYS[1], last_seen_at=DAYS[last_seen])
    contract = dataclasses.replace(contract, listing=listing)
    return ProductHistory(
        product=dataclasses.replace(product, contracts=(contract,), synced_at=DAYS[5] - DAY / 24),
        contracts=(contract,),
        changes=(change(1, "listing", None, "listed"), *changes),
        replies=tuple(
            RecordedReply(run=day, at=DAYS[day], given_at=DAYS[day])
            for day in range(first_reply, 6)
        ),
        runs=tuple(RecordedRun(run=day, started_at=DAYS[day]) for day in range(1, 6)),
        first_seen_at=DAYS[1],
    )


def past(recorded: ProductHistory, at: datetime) -> Future:
    product = product_as_of(recorded, at)
    assert product is not None
    return product


def contract_of(recorded: ProductHistory, day: int) -> FuturesContract:
    (contract,) = past(recorded, DAYS[day]).contracts
    return contract


def test_before_it_was_stored_nothing_is_known_of_a_product() -> None:
    assert product_as_of(history(), DAYS[1] - timedelta(microseconds=1)) is None


def test_of_several_changes_the_first_after_the_instant_counts() -> None:
    recorded = history(
        change(2, "multiplier", None, "5"),
        change(3, "multiplier", "5", "10"),
        change(4, "multiplier", "10", "50"),
    )
    found = [contract_of(recorded, day).multiplier for day in (1, 2, 3, 4, 5)]
    assert found == [None, Decimal(5), Decimal(10), Decimal(50), Decimal(50)]


def test_a_product_is_of_the_asset_class_it_had() -> None:
    recorded = history(change(3, "asset_class", "unclassified", "index", con_id=None))
    assert type(past(recorded, DAYS[2])) is UnclassifiedFuture
    assert type(past(recorded, DAYS[3])) is IndexFuture


@one_case(
    ("day", "missing_since", "delisted_at", "last_seen"),
    [(1, None, None, 1), (2, 2, None, 1), (3, 2, 3, 1), (4, None, None, 4), (5, None, None, 5)],
)
def test_a_contract_is_listed_as_it_was(
    day: int, missing_since: int | None, delisted_at: int | None, last_seen: int
) -> None:
    recorded = history(
        change(2, "listing", "listed", "missing"),
        change(3, "listing", "missing", "delisted"),
        change(4, "listing", "delisted", "listed"),
    )
    assert contract_of(recorded, day).listing == ContractListing(
        first_seen_at=DAYS[1],
        last_seen_at=DAYS[last_seen],
        missing_since=None if missing_since is None else DAYS[missing_since],
        delisted_at=None if delisted_at is None else DAYS[delisted_at],
    )


def test_a_contract_that_no_later_reply_had_was_seen_last_when_it_is_known_to() -> None:
    expired = dataclasses.replace(DECEMBER, last_trade_at=DAYS[2])
    listing = contract_of(history(contract=expired, last_seen=2), 4).listing
    assert listing is not None
    assert listing.last_seen_at == DAYS[2]


def test_a_product_was_synced_with_the_last_reply_until_then() -> None:
    recorded = history(first_reply=2)
    assert past(recorded, DAYS[1]).synced_at is None
    assert past(recorded, DAYS[4] - timedelta(seconds=1)).synced_at == DAYS[3]
    assert past(recorded, DAYS[5]).synced_at == recorded.product.synced_at


def test_what_was_recorded_while_the_clock_was_a_day_ahead_is_in_its_place() -> None:
    recorded = history(change(2, "multiplier", "5", "10"), change(3, "multiplier", "10", "50"))
    ahead = dataclasses.replace(recorded.changes[1], at=DAYS[3] + 12 * HOUR)
    runs = (
        *(other for other in recorded.runs if other.run != 2),
        RecordedRun(run=2, started_at=ahead.at),
    )
    recorded = dataclasses.replace(
        recorded, changes=(recorded.changes[0], ahead, recorded.changes[2]), runs=runs
    )
    found = [contract_of(recorded, day).multiplier for day in (1, 2, 3, 4)]
    assert found == [Decimal(5), Decimal(5), Decimal(50), Decimal(50)]


@one_case("hours", [-48, -1, 1])
def test_what_was_recorded_after_the_clock_was_set_back_comes_after(hours: int) -> None:
    recorded = history(change(2, "multiplier", "5", "10"), change(4, "multiplier", "10", "50"))
    first, second, last = recorded.changes
    back = dataclasses.replace(last, at=second.at + hours * HOUR, run=3)
    runs = (recorded.runs[0], recorded.runs[1], RecordedRun(run=3, started_at=back.at))
    recorded = dataclasses.replace(
        recorded,
        changes=(first, second, back),
        runs=runs,
        replies=tuple(
            RecordedReply(run=other.run, at=other.started_at, given_at=other.started_at)
            for other in runs
        ),
    )
    assert contract_of(recorded, 5).multiplier == Decimal(50)
    just_before = back.at - timedelta(microseconds=1)
    if just_before >= DAYS[1]:
        (contract,) = past(recorded, just_before).contracts
        assert contract.multiplier == (Decimal(10) if just_before >= second.at else Decimal(5))


def test_a_date_has_what_the_runs_left_that_began_on_it() -> None:
    midnight = datetime(2026, 12, 2, tzinfo=UTC)
    recorded = history(change(2, "multiplier", "5", "10"), change(3, "multiplier", "10", "50"))
    first, second, third = recorded.changes
    recorded = dataclasses.replace(
        recorded,
        changes=(
            first,
            dataclasses.replace(second, at=midnight + HOUR),
            dataclasses.replace(third, at=midnight + 2 * HOUR),
        ),
        runs=(
            RecordedRun(run=1, started_at=DAYS[1]),
            RecordedRun(run=2, started_at=midnight - HOUR),
            RecordedRun(run=3, started_at=midnight + 2 * HOUR),
        ),
    )

    def multiplier(as_of: date | datetime) -> Decimal | None:
        product = product_as_of(recorded, as_of)
        assert product is not None
        return product.contracts[0].multiplier

    assert multiplier(date(2026, 12, 1)) == Decimal(10)
    assert multiplier(midnight - timedelta(microseconds=1)) == Decimal(5)
    assert multiplier(date(2026, 12, 2)) == Decimal(50)


def test_the_catalogue_is_never_synced() -> None:
    recorded = history(change(3, "origin", "catalogue", "ibkr", con_id=None))
    assert past(recorded, DAYS[2]).synced_at is None


def test_a_contract_is_in_the_chain_of_the_product_it_was_of() -> None:
    arrived = history(
        dataclasses.replace(change(1, "listing", None, "listed"), product=OTHER),
        change(3, "product", str(OTHER), str(ES.key)),
    )
    arrived = dataclasses.replace(arrived, changes=arrived.changes[1:])
    left = history(change(3, "product", str(ES.key), str(OTHER), product=OTHER))
    assert [len(past(arrived, DAYS[day]).contracts) for day in (2, 3)] == [0, 1]
    assert [len(past(left, DAYS[day]).contracts) for day in (2, 3)] == [1, 0]


@one_case(
    ("name", "value"),
    [
        ("order_types", ()),
        ("last_trade_text", None),
        ("schedule", None),
        ("min_size", None),
        ("size_increment", None),
        ("suggested_size_increment", None),
        ("settlement_method", None),
    ],
)
def test_what_has_no_history_is_not_known_of_the_past(name: str, value: object) -> None:
    today: dict[str, Any] = {
        "order_types": ("LMT",),
        "last_trade_text": "20261218",
        "min_size": Decimal(1),
        "size_increment": Decimal(1),
        "suggested_size_increment": Decimal(1),
        "settlement_method": "Cash",
    }
    recorded = history(contract=dataclasses.replace(DECEMBER, **today))
    assert getattr(contract_of(recorded, 2), name) == value


def test_a_field_that_this_version_does_not_know_is_passed_over() -> None:
    recorded = history(change(3, "of a later version", "1", "2"))
    assert contract_of(recorded, 2).multiplier == DECEMBER.multiplier


def test_text_that_no_value_has_is_refused() -> None:
    with pytest.raises(ValueError, match="not a number"):
        product_as_of(history(change(3, "multiplier", "many", "50")), DAYS[2])
