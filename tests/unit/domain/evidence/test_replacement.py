"""A contract under another conId: one event, and none where it is not certain."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from decimal import Decimal

from contracts import examples
from example_products import NOW
from ibkr_sync.domain.entities.contracts import ContractState, FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.evidence.product_update import plan_update
from ibkr_sync.domain.history.event_digest import digest_events
from ibkr_sync.domain.history.events import EventType
from ibkr_sync.domain.history.recorded_history import RecordedChange, RecordedPeriod
from ibkr_sync.domain.history.severity import Severity
from one_case import one_case

CHAIN = examples.with_chain(examples.ES, 6, first_con_id=1)
OLD = CHAIN.contracts[3]
NEW = dataclasses.replace(OLD, con_id=99)
OTHERS = tuple(contract for contract in CHAIN.contracts if contract is not OLD)


class Nights:
    """Complete replies, one a night; OLD is unknown by its conId where it is not in one."""

    def __init__(self) -> None:
        self.product: Future | None = None
        self.changes: list[RecordedChange] = []
        self.count = 0

    def reply(self, *contracts: FuturesContract) -> None:
        now = NOW + timedelta(days=self.count)
        chain = tuple(sorted((*OTHERS, *contracts), key=lambda item: item.last_trade_date))
        received = dataclasses.replace(CHAIN, contracts=chain, synced_at=now)
        planned = plan_update(self.product, received, now, gone={OLD.con_id})
        self.product = planned.product
        self.count += 1
        self.changes += [
            RecordedChange(
                product=CHAIN.key,
                con_id=change.con_id,
                local_symbol=None,
                field=change.field,
                old=change.old,
                new=change.new,
                at=now,
                run=self.count,
            )
            for change in planned.history
        ]

    def events(self) -> list[tuple[int, EventType, int | None]]:
        """Run, type and contract of every event after the first night."""
        end = NOW + timedelta(days=self.count)
        period = RecordedPeriod(changes=tuple(self.changes), first_runs={CHAIN.key: 1})
        found = digest_events(period, NOW, end)
        return [(event.run or 0, event.type, event.con_id) for event in found if event.run != 1]


def test_a_delisted_contract_and_its_new_con_id_are_one_critical_event() -> None:
    nights = Nights()
    for contracts in ((OLD,), (NEW,), (NEW,), (NEW,)):
        nights.reply(*contracts)
    assert nights.events() == [
        (2, EventType.NEW, 99),
        (2, EventType.MISSING, OLD.con_id),
        (3, EventType.REPLACED, OLD.con_id),
    ]
    (change,) = (other for other in nights.changes if other.field == "replaced_by")
    assert (change.old, change.new) == (str(OLD.con_id), "99")
    (event,) = digest_events(RecordedPeriod(changes=(change,)), NOW, NOW + timedelta(days=9))
    assert event.severity is Severity.CRITICAL
    assert nights.product is not None
    states = {contract.con_id: contract.state(NOW) for contract in nights.product.contracts}
    assert states[OLD.con_id] is ContractState.DELISTED
    assert states[99] is ContractState.ACTIVE


def test_a_con_id_that_comes_after_the_delisting_is_the_replacement_then() -> None:
    nights = Nights()
    for contracts in ((OLD,), (), (), (NEW,), (NEW,)):
        nights.reply(*contracts)
    assert nights.events() == [
        (2, EventType.MISSING, OLD.con_id),
        (3, EventType.DELISTED, OLD.con_id),
        (4, EventType.REPLACED, OLD.con_id),
    ]


def test_a_con_id_that_stood_beside_the_old_one_for_a_night_replaces_it_too() -> None:
    nights = Nights()
    for contracts in ((OLD,), (OLD, NEW), (NEW,), (NEW,)):
        nights.reply(*contracts)
    assert nights.events()[-1] == (4, EventType.REPLACED, OLD.con_id)


@one_case(
    "other",
    [
        dataclasses.replace(NEW, trading_class="EX"),
        dataclasses.replace(NEW, contract_month=None),
        dataclasses.replace(NEW, last_trade_date=date(2028, 1, 3), last_trade_at=None),
        dataclasses.replace(NEW, multiplier=Decimal(5)),
        dataclasses.replace(NEW, price_magnifier=100),
    ],
)
def test_another_class_month_date_or_size_is_no_replacement(other: FuturesContract) -> None:
    nights = Nights()
    for contracts in ((OLD,), (other,), (other,)):
        nights.reply(*contracts)
    assert nights.events()[-1] == (3, EventType.DELISTED, OLD.con_id)


def test_of_two_successors_and_of_twins_from_the_start_none_is_chosen() -> None:
    second = dataclasses.replace(NEW, con_id=100)
    for first, later in (((OLD,), (NEW, second)), ((OLD, NEW), (NEW,))):
        nights = Nights()
        for contracts in (first, later, later):
            nights.reply(*contracts)
        assert nights.events()[-1] == (3, EventType.DELISTED, OLD.con_id)
