"""Of many changes, what is worth telling, and each of it once."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from example_products import DECEMBER, ES, NOW
from ibkr_sync.domain.entities.contracts import ContractListing
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.evidence.chain_diff import diff_chain
from ibkr_sync.domain.history.event_digest import digest_events, digest_history, digest_run
from ibkr_sync.domain.history.events import EventType
from ibkr_sync.domain.history.recorded_history import (
    ContractPast,
    RecordedChange,
    RecordedEnd,
    RecordedPeriod,
    RecordedRunPeriod,
)
from ibkr_sync.domain.history.severity import Severity
from one_case import one_case

CL = ProductKey("CL", "NYMEX", "CL")
LATER = NOW + timedelta(days=1)
ENDED = 3
MONTHS = tuple(
    dataclasses.replace(
        DECEMBER, con_id=number, last_trade_date=date(2027, number, 20), last_trade_at=None
    )
    for number in (1, 2, 3)
)


LONG_LISTED = ContractListing(first_seen_at=NOW - timedelta(days=90), last_seen_at=NOW)


def change(
    con_id: int | None,
    field: str,
    old: str | None,
    new: str | None,
    *,
    at: datetime = NOW,
    run: int = 1,
    product: ProductKey = ES.key,
) -> RecordedChange:
    return RecordedChange(
        product=product,
        con_id=con_id,
        local_symbol=None if con_id is None else f"ES{con_id}",
        field=field,
        old=old,
        new=new,
        at=at,
        run=run,
    )


def message(period: RecordedPeriod) -> list[tuple[int | None, str, str | None, str | None]]:
    events = digest_events(period, NOW, LATER)
    return [(event.con_id, event.field, event.old, event.new) for event in events]


def test_the_first_contracts_of_a_product_are_one_event() -> None:
    changes = (
        *(change(con_id, "listing", None, "listed") for con_id in (1, 2, 3)),
        change(9, "listing", None, "listed", product=CL, run=2, at=LATER),
        change(4, "listing", None, "listed", run=2, at=LATER),
    )
    period = RecordedPeriod(changes=changes, first_runs={ES.key: 1, CL: 2})
    first, *later = digest_events(period, NOW, LATER)
    assert (first.type, first.product, first.con_id, first.new) == (
        *(EventType.NEW, ES.key, None, "3"),
    )
    assert (first.at, first.run) == (NOW, 1)
    assert {(event.product, event.con_id, event.new) for event in later} == {
        (CL, None, "1"),
        (ES.key, 4, "listed"),
    }


def test_a_first_run_is_first_though_its_clock_was_ahead() -> None:
    changes = (
        change(1, "listing", None, "listed", at=LATER),
        change(2, "listing", None, "listed", run=2),
        change(None, "symbol", "EW", "ES", run=2),
        change(1, "symbol", "EW", "ES", run=2),
    )
    period = RecordedPeriod(changes=changes, first_runs={ES.key: 1})
    of_run = RecordedRunPeriod(
        recorded=dataclasses.replace(period, changes=changes[1:]),
    )
    new = [(2, "listing", Severity.INFO), (None, "symbol", Severity.CRITICAL)]
    assert [
        [(event.con_id, event.field, event.severity) for event in events]
        for events in (digest_run(of_run), digest_events(period, NOW, LATER))
    ] == [new, [*new, (None, "product", Severity.INFO)]]
    assert {event.severity for event in digest_history(changes, 1) if event.field == "symbol"} == {
        Severity.CRITICAL
    }


def test_a_contract_first_seen_after_its_end_is_not_new() -> None:
    changes = (
        change(1, "listing", None, "listed"),
        *(
            dataclasses.replace(
                change(con_id, "listing", None, "listed", at=LATER, run=2),
                is_after_end=con_id == ENDED,
            )
            for con_id in (2, ENDED)
        ),
    )
    period = RecordedPeriod(changes=changes, first_runs={ES.key: 1})
    expected = [(None, "product", None, "1"), (2, "listing", None, "listed")]
    assert message(period) == expected
    found = digest_history(changes, 1)
    assert [(pair.con_id, pair.field, pair.old, pair.new) for pair in found] == expected


def test_what_a_first_reply_corrects_of_the_catalogue_is_no_news() -> None:
    changes = (
        change(None, "origin", "catalogue", "ibkr"),
        change(None, "multiplier", "5", "50"),
        change(1, "listing", None, "listed"),
    )
    period = RecordedPeriod(changes=changes, first_runs={ES.key: 1})
    assert message(period) == [(None, "product", None, "1")]


@one_case("con_id", [None, 1])
def test_what_was_odd_is_news_in_a_first_reply_too(con_id: int | None) -> None:
    changes = (
        change(1, "listing", None, "listed"),
        change(con_id, "odd_row", None, "conId 2 minTick: '0': must be positive"),
    )
    period = RecordedPeriod(changes=changes, first_runs={ES.key: 1})
    assert [pair[:2] for pair in message(period)] == [(None, "product"), (con_id, "odd_row")]
    severities = [event.severity for event in digest_history(changes, 1)]
    assert severities == [Severity.INFO, Severity.NOTICE]


def test_a_contract_that_came_over_is_news_in_a_first_reply_too() -> None:
    changes = (
        change(1, "listing", None, "listed"),
        change(2, "product", "EW@CME (EW)", "ES@CME (ES)"),
        change(2, "multiplier", "5", "50"),
    )
    period = RecordedPeriod(changes=changes, first_runs={ES.key: 1})
    assert {pair[:2] for pair in message(period)} == {
        (None, "product"),
        (2, "product"),
        (2, "multiplier"),
    }


@one_case(
    ("own", "of_contract"),
    [
        *(
            (field, field)
            for field in (
                *("symbol", "exchange", "trading_class", "currency", "time_zone"),
                *("multiplier", "price_magnifier", "min_tick"),
            )
        ),
        ("name", "long_name"),
    ],
)
def test_what_contracts_only_repeat_of_their_product_is_reported_once(
    own: str, of_contract: str
) -> None:
    changes = (
        change(None, own, "1", "2"),
        change(1, of_contract, "1", "2"),
        change(2, of_contract, "1", "2"),
        change(3, of_contract, "1", "3"),
        change(4, of_contract, "1", "2", product=CL),
        change(5, of_contract, "1", "2", run=2),
    )
    kept = [pair[0] for pair in message(RecordedPeriod(changes=changes))]
    assert kept == [None, 3, 4, 5]


OF_NEAREST = (
    *(
        ("multiplier", "1000", "744"),
        ("price_magnifier", "1", "100"),
        ("min_tick", "0.01", "0.005"),
    ),
    *(("currency", "EUR", "USD"), ("time_zone", "Europe/Berlin", "Europe/London")),
)
MARCH, JUNE = 2, 3


@one_case(("field", "old", "new"), OF_NEAREST)
@one_case(
    ("of_contracts", "severity"),
    [
        ((), Severity.INFO),
        (((MARCH, {}), (JUNE, {})), Severity.CRITICAL),
        (((JUNE, {}),), Severity.CRITICAL),
        (((MARCH, {"run": 2}),), Severity.INFO),
        (((MARCH, {"product": CL}),), Severity.INFO),
        (((MARCH, {"old": None}),), Severity.INFO),
    ],
)
def test_a_product_changed_gravely_only_if_a_contract_of_it_changed_alike(
    field: str,
    old: str,
    new: str,
    of_contracts: tuple[tuple[int, dict[str, Any]], ...],
    severity: Severity,
) -> None:
    own = change(None, field, old, new)
    alike = (
        dataclasses.replace(change(con_id, field, old, new), **other)
        for con_id, other in of_contracts
    )
    changes = (own, *alike)
    for events in (
        digest_events(RecordedPeriod(changes=changes), NOW, LATER),
        digest_history(changes, None),
    ):
        assert [event.severity for event in events if event.con_id is None] == [severity]


def test_a_product_that_was_renamed_changed_gravely_whatever_its_contracts_did() -> None:
    renamed = (change(None, "exchange", "CME", "CMEX"), change(None, "symbol", "A", "B", run=2))
    events = digest_events(RecordedPeriod(changes=renamed), NOW, LATER)
    assert {event.severity for event in events} == {Severity.CRITICAL}


@one_case(
    ("con_id", "run", "old", "new", "is_reported"),
    [
        (1, 1, "NYBOT:67,QBALGO", "ICEUS:67,QBALGO", False),
        (1, 1, "NYBOT:67,ZZZ", "ZZZ,ICEUS:67", False),
        (1, 1, "NYBOT:67,QBALGO", "ICEUS:68,QBALGO", True),
        (1, 1, "NYBOT:67,QBALGO", "ICEUS:67", True),
        (1, 1, "NYBOT:67", "NYBOT:67,ICEUS:67", True),
        (1, 2, "NYBOT:67", "ICEUS:67", True),
        (2, 1, "NYBOT:67", "ICEUS:67", True),
    ],
)
def test_venues_that_only_repeat_the_new_name_of_the_exchange_are_not_reported(
    con_id: int, run: int, old: str, new: str, is_reported: bool
) -> None:
    changes = (
        change(None, "exchange", "NYBOT", "ICEUS"),
        change(1, "exchange", "NYBOT", "ICEUS"),
        change(con_id, "venues", old, new, run=run),
    )
    for kept in (changes, changes[1:]):  # of the product, and of one contract alone
        fields = [pair[1] for pair in message(RecordedPeriod(changes=kept))]
        assert fields == (["exchange", "venues"] if is_reported else ["exchange"])
    assert len(digest_history(changes, None)) == len(changes)


def test_of_a_contract_that_moved_its_new_names_are_not_reported_besides() -> None:
    names = (("symbol", "EW", "ES"), ("exchange", "ONE", "CME"), ("trading_class", "EW", "ES"))
    changes = (
        change(1, "product", "EW@ONE (EW)", "ES@CME (ES)"),
        *(change(1, field, old, new) for field, old, new in names),
        change(1, "venues", "ONE:67", "CME:67"),
        change(2, "trading_class", "EW", "ES"),
        change(1, "trading_class", "ES", "EW", run=2),
    )
    found = digest_events(RecordedPeriod(changes=changes), NOW, LATER)
    assert [(pair.con_id, pair.field, pair.run) for pair in found] == [
        (1, "product", 1),
        (2, "trading_class", 1),
        (1, "trading_class", 2),
    ]


def test_a_field_that_products_do_not_share_is_reported_for_each_contract() -> None:
    changes = (
        change(None, "category", "a", "b"),
        change(1, "category", "a", "b"),
        change(2, "category", "a", "b"),
    )
    assert len(message(RecordedPeriod(changes=changes))) == 3


def test_an_expiry_that_moved_is_reported_once() -> None:
    old, new = "2026-12-18", "2026-12-17"
    changes = (
        change(1, "last_trade_date", old, new),
        change(1, "last_trade_at", f"{old}T14:30:00+00:00", f"{new}T14:30:00+00:00"),
        change(1, "real_expiration_date", old, new),
        change(2, "last_trade_at", f"{old}T14:30:00+00:00", f"{old}T15:00:00+00:00"),
        change(3, "last_trade_date", old, new),
        change(3, "real_expiration_date", old, "2026-12-16"),
    )
    assert [pair[:2] for pair in message(RecordedPeriod(changes=changes))] == [
        (1, "last_trade_date"),
        (2, "last_trade_at"),
        (3, "last_trade_date"),
        (3, "real_expiration_date"),
    ]


def test_an_expiry_is_reported_if_it_was_in_the_span_of_time() -> None:
    def ended_at(at: datetime, con_id: int) -> RecordedEnd:
        contract = dataclasses.replace(DECEMBER, con_id=con_id, last_trade_at=at)
        return RecordedEnd(product=ES.key, contract=contract)

    second = timedelta(seconds=1)
    ended = (
        *(ended_at(NOW - second, 1), ended_at(NOW, 2)),
        *(ended_at(LATER, 3), ended_at(LATER + second, 4)),
    )
    assert [pair[0] for pair in message(RecordedPeriod(ended=ended))] == [2, 3]


def test_an_expiry_is_the_same_event_whatever_became_of_the_contract() -> None:
    active, missing, *unseen = (
        dataclasses.replace(DECEMBER, last_trade_at=NOW, listing=listing)
        for listing in (
            LONG_LISTED,
            dataclasses.replace(LONG_LISTED, missing_since=NOW - timedelta(days=1)),
            ContractListing(first_seen_at=LATER, last_seen_at=LATER),
        )
    )
    periods = [
        RecordedPeriod(ended=(RecordedEnd(product=ES.key, contract=contract),))
        for contract in (active, missing, *unseen)
    ]
    found = [
        [(event.event_id, event.old) for event in digest_events(period, NOW, LATER)]
        for period in periods
    ]
    assert found[0] == found[1]
    assert [[old for _, old in events] for events in found] == [["active"], ["active"], []]


def test_events_are_in_order_of_time() -> None:
    expired = dataclasses.replace(DECEMBER, last_trade_at=NOW + timedelta(hours=1))
    period = RecordedPeriod(
        changes=(change(None, "name", "a", "b", at=LATER), change(None, "name", "b", "c", at=NOW)),
        ended=(RecordedEnd(product=ES.key, contract=expired),),
    )
    assert [event.at for event in digest_events(period, NOW, LATER)] == [
        *(NOW, NOW + timedelta(hours=1), LATER)
    ]


def test_a_history_keeps_what_the_first_reply_corrected_and_every_repetition() -> None:
    changes = (
        change(None, "multiplier", "5", "50"),
        change(1, "listing", None, "listed"),
        change(2, "listing", None, "listed"),
        change(None, "multiplier", "50", "5", at=LATER, run=2),
        change(1, "multiplier", "50", "5", at=LATER, run=2),
        change(3, "listing", None, "listed", at=LATER, run=2),
    )
    events = digest_history(changes, 1)
    assert [(event.con_id, event.field, event.severity) for event in events] == [
        (None, "product", Severity.INFO),
        (None, "multiplier", Severity.INFO),
        (None, "multiplier", Severity.CRITICAL),
        (1, "multiplier", Severity.CRITICAL),
        (3, "listing", Severity.INFO),
    ]


def test_ticks_of_some_contracts_are_theirs_and_those_of_all_are_reported_once() -> None:
    stored = dataclasses.replace(ES, contracts=MONTHS)
    for changed, reported in (({1}, {1}), ({2, 3}, {2, 3}), ({1, 2, 3}, {None})):
        after = tuple(
            dataclasses.replace(month, min_tick=Decimal("0.5"))
            if month.con_id in changed
            else month
            for month in MONTHS
        )
        diff = diff_chain(stored, dataclasses.replace(ES, contracts=after), NOW)
        changes = tuple(
            change(other.con_id, other.field, other.old, other.new) for other in diff.changes
        )
        assert {pair[0] for pair in message(RecordedPeriod(changes=changes))} == reported


def past(con_id: int, *later: RecordedChange, ended: bool = False) -> ContractPast:
    """A contract that was listed in run 1, and what happened to it since."""
    contract = MONTHS[con_id - 1]
    if ended:
        contract = dataclasses.replace(contract, last_trade_date=date(2026, 11, 1))
    listed = change(con_id, "listing", None, "listed")
    return ContractPast(contract=contract, changes=(listed, *later))


NIGHT_OF_CHANGE = 5
LISTED = (past(1), past(2), past(3))
MISSING_BEFORE = change(3, "listing", "listed", "missing", run=4)
LEFT_BEFORE = change(3, "product", str(ES.key), str(CL), run=4, product=CL)
CAME_BEFORE = change(3, "product", str(CL), str(ES.key), run=4)
RETURNED_LATER = change(3, "listing", "missing", "listed", run=6)
MISSING_LATER = change(3, "listing", "listed", "missing", run=6)
LEFT_LATER = change(3, "product", str(ES.key), str(CL), run=6, product=CL)
CAME_LATER = change(3, "product", str(CL), str(ES.key), run=6)
SEEN_ELSEWHERE = ContractPast(
    contract=MONTHS[2],
    changes=(change(3, "listing", None, "listed", product=CL), CAME_LATER),
)
SEEN_LATER = ContractPast(
    contract=MONTHS[2], changes=(change(3, "listing", None, "listed", run=NIGHT_OF_CHANGE),)
)
REDATED_LATER = change(3, "last_trade_date", "2027-03-20", "2026-11-01", run=6)


@one_case(
    ("changed", "third", "folded"),
    [
        ((1, 2, 3), past(3), True),
        ((1, 2), past(3), False),
        ((1,), past(3), False),
        ((1, 2), past(3, MISSING_BEFORE), True),
        ((1, 2), past(3, MISSING_BEFORE, RETURNED_LATER), True),
        ((1, 2), past(3, MISSING_LATER), False),
        ((1, 2, 3), past(3, MISSING_LATER), True),
        ((1, 2), past(3, LEFT_BEFORE), True),
        ((1, 2), past(3, CAME_BEFORE), False),
        ((1, 2), past(3, LEFT_LATER), False),
        ((1, 2, 3), past(3, LEFT_LATER), True),
        ((1, 2), SEEN_ELSEWHERE, True),
        ((1, 2), SEEN_LATER, True),
        ((1, 2), past(3, ended=True), True),
        ((1, 2), past(3, REDATED_LATER, ended=True), False),
    ],
)
def test_what_happened_alike_is_one_event_where_every_contract_had_it_that_was_listed_then(
    changed: tuple[int, ...], third: ContractPast, folded: bool
) -> None:
    changes = tuple(
        change(number, "venues", "CME", "CME,SMART", run=NIGHT_OF_CHANGE) for number in changed
    )
    chain = (*LISTED[:2], third)
    found = message(RecordedPeriod(changes=changes, chains={ES.key: chain}))
    assert [value for value, *_ in found] == ([None] if folded else list(changed))
