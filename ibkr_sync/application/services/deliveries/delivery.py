"""Until when contracts may be held: what is known of their delivery, and the nearest of a chain.

What only one question needs is imported where it is asked: `show` starts without it.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from ibkr_sync.domain.delivery.delivery_changes import delivery_before
from ibkr_sync.domain.entities.delivery import DeliveryDates
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.ports.deliveries import LONGEST_NOTICE, DeliveriesPort

if TYPE_CHECKING:
    from ibkr_sync.domain.delivery.business_days import BusinessDays
    from ibkr_sync.domain.delivery.days_before import DaysBefore
    from ibkr_sync.domain.delivery.delivery_book import DeliveryBook
    from ibkr_sync.domain.delivery.expirations import Expiration
    from ibkr_sync.domain.delivery.nearest_contract import NearestJudgements, NearestRule
    from ibkr_sync.domain.delivery.rolls import Roll, RollRule
    from ibkr_sync.domain.entities.delivering_contract import DeliveringContract
    from ibkr_sync.domain.evidence.chain_diff import FieldChange
    from ibkr_sync.domain.history.events import Event

F = TypeVar("F", bound=Future)

_DAY: Final = timedelta(days=1)


class DeliveryService:
    """Dates the deliveries of stored contracts."""

    def __init__(
        self, book: DeliveryBook, stored: DeliveriesPort, clock: Callable[[], datetime]
    ) -> None:
        self._book = book
        self._stored = stored
        self._clock = clock

    def dated(self, product: F) -> F:
        """The product with what is known of the delivery of each contract; raises StorageError."""
        return self._dated(product, None)

    def dated_as_of(self, product: F, at: datetime) -> F:
        """The product as it was at an aware instant, with what was known then of deliveries.

        What no run had stored yet is given by today's rules. Raises StorageError.
        """
        changes: defaultdict[int | None, list[FieldChange]] = defaultdict(list)
        for change in self._stored.changes_after(product, at):
            changes[change.con_id].append(change)
        chain = (
            dataclasses.replace(
                contract,
                delivery=delivery_before(
                    contract.delivery or DeliveryDates(), changes[contract.con_id]
                ),
            )
            for contract in self._dated(product, at).contracts
        )
        return dataclasses.replace(product, contracts=tuple(chain))

    def _dated(self, product: F, until: datetime | None) -> F:
        imports, today = self._stored.imports_of(product, until), self._clock().date()
        if self._book.rule_of(product) is not None:
            return self._book.dated(product, today, imports)
        return self._book.dated(product, today, imports, self._stored.known_of(product))

    def judge(self, product: Future, rule: NearestRule, now: datetime) -> NearestJudgements:
        """Say of each contract of a product whether it may be held by a rule."""
        from ibkr_sync.domain.delivery.nearest_contract import judge_nearest

        return judge_nearest(self.dated(product), rule, now, self.business_days(product))

    def _between(
        self, first: date, last: date, changed_since: datetime | None = None
    ) -> Iterator[DeliveringContract]:
        """Stored contracts by their dates; those that no run has dated yet are dated now."""
        for other in self._stored.between(first, last, changed_since):
            if other.contract.delivery is not None:
                yield other
                continue
            alone = dataclasses.replace(other.product, contracts=(other.contract,))
            (contract,) = self.dated(alone).contracts
            yield dataclasses.replace(other, contract=contract)

    def rolls(
        self,
        product: Future,
        rule: RollRule,
        now: datetime,
        *,
        months: frozenset[int] | None = None,
        years: int = 2,
    ) -> tuple[Roll, ...]:
        """The rolls along a product's chain, from so many years before `now` to so many after."""
        from ibkr_sync.domain.delivery.rolls import rolls_of

        today, span = now.date(), timedelta(days=366 * years)
        found = rolls_of(self.dated(product), rule, self.business_days(product), now, months)
        return tuple(roll for roll in found if today - span <= roll.day <= today + span)

    def business_days(self, product: Future) -> BusinessDays:
        """The business days of a product's market."""
        return self._book.business_days(product)

    def expirations(
        self, now: datetime, within: DaysBefore, keys: Collection[ProductKey] | None = None
    ) -> tuple[Expiration, ...]:
        """The calendar of some stored products, or of all, in order of days.

        It reaches from today, at the aware instant `now`, for whole days. Raises StorageError.
        """
        from ibkr_sync.domain.delivery.expirations import expirations_of

        span = within.longest
        last = now.date() + min(span, date.max - now.date() - LONGEST_NOTICE - _DAY) + _DAY
        found = (
            expiration
            for delivering in self._between(now.date() - _DAY, last)
            if keys is None or delivering.product.key in keys
            for expiration in expirations_of(
                delivering, self.business_days(delivering.product), now, within
            )
        )
        return tuple(sorted(found, key=_place_in_calendar))

    def events(
        self,
        since: datetime,
        now: datetime,
        keys: Collection[ProductKey] | None = None,
        con_id: int | None = None,
    ) -> tuple[Event, ...]:
        """That first notice or IBKR's cut-off of stored contracts came near between two instants.

        Of contracts of these products alone, unless `keys` is None. By the days that were known
        when they came near: what was reported once is reported again. Raises StorageError.
        """
        from ibkr_sync.domain.delivery.delivery_events import FARTHEST_WARNING, delivery_events

        first, last = since.date() - _DAY, now.date() + FARTHEST_WARNING
        return tuple(
            event
            for other in self._between(first, last, since)
            if (keys is None or other.product.key in keys)
            and con_id in (None, other.contract.con_id)
            for event in delivery_events(other, self.business_days(other.product), since, now)
        )


def _place_in_calendar(expiration: Expiration) -> tuple[date, ProductKey, int, str]:
    contract = expiration.delivering.contract
    key = expiration.delivering.product.key
    return expiration.day, key, contract.con_id, expiration.kind.value
