"""Hours are stored once for all that share them, and nights on which they roll write little."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from contracts import examples
from contracts.future_port import by_symbol
from databases import dump
from fakes.clock import FakeClock
from fakes.hours import sent_hours
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.entities.schedules import TradingSchedule
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from integration.local_repo.products import repository, store

MONDAY, TUESDAY = (
    sent_hours(f"{first}:1700-{second}:1600;{second}:1700-{third}:1600")
    for first, second, third in (
        ("20261123", "20261124", "20261125"),
        ("20261124", "20261125", "20261126"),
    )
)
SHORT = sent_hours("20261124:1700-20261125:1200")
ES, OIL = examples.ES, examples.CRUDE_OIL


def with_hours(product: Future, *schedules: TradingSchedule | None) -> Future:
    """The product with these hours of its contracts, the last ones for all others."""
    given = [*schedules, *[schedules[-1]] * len(product.contracts)]
    chain = tuple(
        dataclasses.replace(contract, schedule=schedule)
        for contract, schedule in zip(product.contracts, given, strict=False)
    )
    return dataclasses.replace(product, contracts=chain)


class Nights:
    """A database to which a night brings products."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = FakeClock()

    def pass_with(self, *products: Future) -> dict[str, list[Any]]:
        """Store the products a day later; gives all rows."""
        self.clock.advance(days=1)
        local = repository(self.database, self.clock)
        with local.sync_run(Origin.IBKR) as run:
            for product in products:
                store(local, product, run, self.clock)
        return dump(self.database)

    def hours(self, product: Future) -> list[TradingSchedule | None]:
        """The hours as they are read back, in the order of the chain."""
        found = repository(self.database, self.clock).get_by_symbol(by_symbol(product))
        return [contract.schedule for contract in found.contracts]


@pytest.fixture(params=["sqlite", "postgres"])
def nights(request: pytest.FixtureRequest) -> Nights:
    return Nights(request.getfixturevalue(f"{request.param}_database"))


def test_a_night_on_which_hours_roll_writes_no_row_for_a_contract(nights: Nights) -> None:
    before = nights.pass_with(with_hours(ES, MONDAY), with_hours(OIL, MONDAY))
    after = nights.pass_with(with_hours(ES, TUESDAY), with_hours(OIL, TUESDAY))
    for table in ("contracts", "contract_schedules", "field_changes"):
        assert after[table] == before[table]
    assert [len(rows["schedules"]) for rows in (before, after)] == [1, 1]
    assert before["schedules"] != after["schedules"]
    assert nights.hours(ES) == [TUESDAY] * len(ES.contracts)


def test_hours_stay_until_the_last_product_that_has_them_has_others(nights: Nights) -> None:
    nights.pass_with(with_hours(ES, MONDAY), with_hours(OIL, MONDAY))
    assert len(nights.pass_with(with_hours(ES, TUESDAY))["schedules"]) == 2
    assert len(nights.pass_with(with_hours(OIL, TUESDAY))["schedules"]) == 1


def test_contracts_with_other_hours_or_none_are_exceptions(nights: Nights) -> None:
    given = with_hours(ES, SHORT, None, MONDAY)
    rows = nights.pass_with(given)
    assert [row.con_id for row in rows["contract_schedules"]] == [
        contract.con_id for contract in ES.contracts[:2]
    ]
    assert nights.hours(ES) == [SHORT, None, MONDAY, MONDAY]
    rows = nights.pass_with(with_hours(ES, TUESDAY))
    assert (rows["contract_schedules"], len(rows["schedules"])) == ([], 1)


def test_a_contract_whose_hours_a_reply_leaves_out_keeps_them(nights: Nights) -> None:
    nights.pass_with(with_hours(ES, MONDAY))
    nights.pass_with(with_hours(ES, None, TUESDAY))
    assert nights.hours(ES) == [MONDAY, *[TUESDAY] * 3]


def test_a_contract_that_has_ended_has_no_hours_any_more(nights: Nights) -> None:
    nights.pass_with(with_hours(ES, MONDAY))
    nights.clock.advance(days=30)
    rows = nights.pass_with(
        with_hours(dataclasses.replace(ES, contracts=ES.contracts[1:]), TUESDAY)
    )
    assert nights.hours(ES) == [None, *[TUESDAY] * 3]
    assert len(rows["schedules"]) == 1


def test_hours_that_cannot_be_read_replace_none_that_could(nights: Nights) -> None:
    nights.pass_with(with_hours(ES, MONDAY))
    nights.pass_with(with_hours(ES, sent_hours("in the morning")))
    assert nights.hours(ES) == [MONDAY] * 4


def test_what_a_contract_takes_along_to_another_product_are_its_own_hours(nights: Nights) -> None:
    nights.pass_with(with_hours(ES, SHORT, MONDAY))
    moved = dataclasses.replace(
        with_hours(ES, SHORT, MONDAY),
        trading_class="ESX",
        contracts=tuple(
            dataclasses.replace(contract, trading_class="ESX")
            for contract in with_hours(ES, SHORT, MONDAY).contracts
        ),
    )
    rows = nights.pass_with(moved)
    assert nights.hours(moved) == [SHORT, MONDAY, MONDAY, MONDAY]
    assert len(rows["contract_schedules"]) == 1
