"""Thirty nights of a refresh that lives through all that goes wrong end in exactly the truth."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import pytest

from example_products import everything
from ibkr_sync.domain.entities.contracts import ContractState
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import AmbiguousContractError
from ibkr_sync.domain.history.events import Event
from ibkr_sync.domain.naming.spellings import MonthSpelling
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.selection.contract_choice import ContractWords, find_contract
from integration.month.expected_events import EVENTS, FORMER_NAMES, OF_DATES, Said
from integration.month.month import START, Month, exactly
from integration.month.nights import (
    CALENDAR,
    CRUDE_SPRING,
    E_MINI_SEPTEMBER,
    E_MINI_SUCCESSOR,
    MILK,
    NIGHTS,
    NOT_FOUND,
    URANIUM,
    WITHOUT_ANSWERS,
    Night,
)


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.faults)]
)
def month(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Month:
    folder = tmp_path_factory.mktemp("month")
    if request.param == "postgres":
        database = request.getfixturevalue("module_postgres_url")
    else:
        database = str(folder / "futures.db")
    month = Month(database, folder)
    month.live()
    return month


def night(number: int) -> datetime:
    return START + timedelta(days=number)


def of_night(number: int) -> Night:
    return CALENDAR.get(number, Night())


RUN_NIGHTS = [number for number in range(NIGHTS) if of_night(number).is_run]
NIGHT_WITHOUT_IBKR = 4
REFUSED_UNREAD = "SourceFileError"


def said(event: Event) -> Said:
    who = event.local_symbol or event.product.symbol
    return event.type.value, event.severity.value, who, event.field, event.old, event.new


def in_order(events: list[Any]) -> list[Any]:
    return sorted(events, key=str)


def named_then(event: Said, number: int) -> Said:
    """The event of a night with the name that its product had then."""
    kind, severity, who, *rest = event
    former, until = FORMER_NAMES.get(who, (who, 0))
    return (kind, severity, former if number < until else who, *rest)  # type: ignore[return-value]


def test_each_night_fails_where_it_must_and_nowhere_else(month: Month) -> None:
    assert month.failures == {number: of_night(number).failing for number in RUN_NIGHTS}
    assert month.ended == {
        number: night.ended_by for number, night in CALENDAR.items() if night.ended_by
    }


def test_the_month_ends_with_exactly_the_events_that_happened(month: Month) -> None:
    with month.services() as services:
        events = services.history.changes(START - timedelta(days=1), month.clock.now)
    seen = [(event.at, said(event), month.runs.get(event.run or 0)) for event in events]
    of_runs = [(night(number), new, number) for number, news in EVENTS.items() for new in news]
    assert in_order(seen) == in_order([*of_runs, *((*date, None) for date in OF_DATES)])


@pytest.mark.parametrize("number", RUN_NIGHTS)
def test_on_each_night_its_own_events_are_reported_and_no_others(month: Month, number: int) -> None:
    before = max((other for other in RUN_NIGHTS if other < number), default=-1)
    of_dates = [event for at, event in OF_DATES if night(before) < at <= night(number)]
    expected = [named_then(other, number) for other in (*EVENTS.get(number, []), *of_dates)]
    assert in_order([said(other) for other in month.said[number]]) == in_order(expected)


def test_the_month_ends_with_every_contract_in_its_state(month: Month) -> None:
    states = {
        contract.con_id: contract.state(month.clock.now)
        for product in month.snapshots[NIGHTS - 1].values()
        for contract in product.contracts
    }
    expired = {600000001, 610000001, 620000001, 700, 900, 1000, 1049, 1050, 1051, 1200}
    gone = dict.fromkeys((*CRUDE_SPRING, *MILK, E_MINI_SEPTEMBER), ContractState.DELISTED)
    gone |= dict.fromkeys(expired, ContractState.EXPIRED)
    assert {con_id: s for con_id, s in states.items() if s is not ContractState.ACTIVE} == gone
    e_mini_dax_bund = 6 + 2 + 2 + 3
    coffee_crude_volatility = 5 + 13 + 7
    uranium_fridays_milk_gas = 6 + 2 + 2 + 3
    assert len(states) == e_mini_dax_bund + coffee_crude_volatility + uranium_fridays_milk_gas


def test_every_night_can_be_rebuilt_exactly_as_it_stood(month: Month) -> None:
    last = month.snapshots[NIGHTS - 1]
    with month.services() as services:
        for number, then in month.snapshots.items():
            for first_con_id, known in then.items():
                product = known
                past = services.history.as_of(last[first_con_id].key, night(number))
                if number == WITHOUT_ANSWERS:
                    # No history says that a contract was not in a reply, and was not gone either.
                    past, product = unsighted(past), unsighted(product)
                assert everything(past) == everything(product), (number, product.key)


def unsighted(product: Future) -> Future:
    """The product without when its contracts were last seen."""
    chain = (
        dataclasses.replace(
            contract,
            listing=contract.listing and dataclasses.replace(contract.listing, last_seen_at=START),
        )
        for contract in product.contracts
    )
    return dataclasses.replace(product, contracts=tuple(chain))


def test_a_night_that_fails_leaves_the_product_as_it_was(month: Month) -> None:
    for number in RUN_NIGHTS:
        before = month.snapshots.get(number - 1)
        if before is None:
            continue
        for first_con_id, product in month.snapshots[number].items():
            if first_con_id not in before:
                continue
            names = (product, before[first_con_id])
            is_asked = any(query.matches(name) for query in month.asked[number] for name in names)
            failure = month.failures[number].get(product.symbol)
            if number in month.ended or not is_asked or failure not in (None, NOT_FOUND):
                assert everything(product) == everything(before[first_con_id])
            elif failure is NOT_FOUND:
                assert product.synced_at == before[first_con_id].synced_at
            else:
                assert product.synced_at == night(number)


def test_a_closed_product_is_asked_for_no_more_until_somebody_does(month: Month) -> None:
    asked = {
        symbol: [
            number
            for number, requests in month.requests.items()
            if symbol in {request.symbol for request in requests}
        ]
        for symbol in ("BFF", "DA")
    }
    assert asked["DA"] == [0, 1, *range(3, 10)]
    assert asked["BFF"] == [0, 1, *range(3, 7), *(night for night in RUN_NIGHTS if night >= 20)]


def test_what_a_shorter_reply_lacks_is_asked_for_and_said_to_be_there(month: Month) -> None:
    incomplete = 23
    (missed,) = (request.con_id for request in month.requests[incomplete] if request.con_id)
    (remark,) = month.remarks[incomplete]
    coffee = month.snapshots[incomplete][800]
    (contract,) = (other for other in coffee.contracts if other.con_id == missed)
    assert remark == (
        f"the reply was incomplete: it lacked {contract.local_symbol}, found by conId"
    )


def test_of_what_a_shorter_reply_lacks_nothing_is_said_where_ibkr_answers_for_no_other(
    month: Month,
) -> None:
    asked = [
        request.con_id for request in month.requests[WITHOUT_ANSWERS] if request.con_id in URANIUM
    ]
    assert len(asked) == len(("lacked", "probe"))
    chain = {
        contract.con_id: contract.state(month.clock.now)
        for product in month.snapshots[WITHOUT_ANSWERS].values()
        for contract in product.contracts
    }
    assert {chain[number] for number in URANIUM} == {ContractState.ACTIVE}


def test_files_say_nothing_new_or_are_refused(month: Month) -> None:
    assert month.imports == {
        7: "nothing new",
        8: "OutdatedDataError",
        10: REFUSED_UNREAD,
        11: "OutdatedDataError",
    }


def test_hours_of_a_product_go_on_when_a_contract_ends(month: Month) -> None:
    """On the last day of one, and the next, the others say when the product trades."""
    assert {number: days for number, days in month.unusual_days.items() if days} == {}


def test_of_two_sizes_of_one_month_none_is_chosen(month: Month) -> None:
    gas = month.snapshots[NIGHTS - 1][1400]
    assert gas.multiplier is None
    january = MonthSpelling(root="TTF", month=1, year=2027, year_digits=4)
    with pytest.raises(AmbiguousContractError):
        find_contract(gas, ContractWords(text="TTF 202701", spelling=january), month.clock.now)


def test_a_name_means_the_contract_that_replaced_another_while_it_is_missing_too(
    month: Month,
) -> None:
    for number in (17, 19, NIGHTS - 1):
        e_mini = month.snapshots[number][600000001]
        found = find_contract(e_mini, ContractWords(text="ES2709"), night(number))
        assert found.contract.con_id == E_MINI_SUCCESSOR


@pytest.mark.parametrize(
    ("former", "today"),
    [
        (("GBL", "EUREX", "FGBL"), ("BUND", "EUREX", "FBND")),
        (("KC", "NYBOT", "KC"), ("KC", "ICEUS", "KC")),
    ],
)
def test_a_renamed_product_is_found_by_its_former_name(
    month: Month, former: tuple[str, str, str], today: tuple[str, str, str]
) -> None:
    with month.services() as services:
        assert services.futures.show(exactly(*former)).key == today
        found = services.futures.names.resolve(f"{former[0]}@{former[1]}")
    assert found.product == today


def test_every_run_is_recorded_with_how_it_ended(month: Month) -> None:
    with month.services() as services:
        runs = services.runs.last_runs(100)
    outcomes = {
        number: "failed"
        if number in month.ended or number == NIGHT_WITHOUT_IBKR
        else ("partial" if of_night(number).failing else "ok")
        for number in RUN_NIGHTS
    }
    refreshes = [run for run in runs if run.kind is RunKind.REFRESH]
    recorded = {month.runs[refresh.run_id]: refresh.outcome.value for refresh in refreshes}
    assert recorded == outcomes
    read = [other for other in month.imports.values() if other != REFUSED_UNREAD]
    assert len(runs) == len(refreshes) + len(read)
