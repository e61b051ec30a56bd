"""The history of products as it is kept: what changed, what ended, and when replies came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.entities.market_rules import MarketRule

NOTHING_BEFORE: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""No run is older."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedChange:
    """A change of one field, as a run noticed it.

    Attributes:
        product: today's key of the product that the contract belonged to after the change.
        product_id: the product's number where it is stored, which it keeps under every name.
        con_id: None for the product's own field.
        local_symbol: today's name of the contract; None for the product's own field.
        old: canonical text; None for what was not known, or not there.
        new: as `old`.
        at: UTC instant at which the change was first seen.
        run: the run that saw it.
        is_correction: whether kept replies were read otherwise in it than before, so that nothing
            changed in the market.
        is_after_end: whether it is the first sight of a contract that had ended before.
    """

    product: ProductKey
    product_id: int | None = None
    con_id: int | None = None
    local_symbol: str | None = None
    field: str
    old: str | None
    new: str | None
    at: datetime
    run: int
    is_correction: bool = False
    is_after_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedReply:
    """A complete reply for a product.

    Attributes:
        run: the run that asked for it.
        at: UTC instant at which it was stored.
        given_at: UTC instant as of which its source gave it.
    """

    run: int
    at: datetime
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """When a run began; runs follow each other in the order of their numbers."""

    run: int
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedLadder:
    """A tick ladder that changed under its id, for one product that it applies to today."""

    product: ProductKey
    product_id: int | None = None
    old: MarketRule
    new: MarketRule
    at: datetime
    run: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEnd:
    """A contract whose last trade date is near or in a span of time, with its product."""

    product: ProductKey
    contract: FuturesContract


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractPast:
    """A contract as it stands today, with what says whether it traded at any run.

    Attributes:
        changes: all changes of its listing, product and last trade, in the order of runs.
    """

    contract: FuturesContract
    changes: tuple[RecordedChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPeriod:
    """What was recorded in a span of time.

    Attributes:
        changes: in the order they were recorded.
        ended: contracts that may have stopped trading in it, delisted ones too, by the dates that
            they have now or had in it.
        ladders: tick ladders that changed, once for each product.
        first_runs: of each product that got contracts in it, the run that saw its first ones.
        chains: of each product of which several contracts changed alike, all that were ever its
            own.
        earlier_remarks: changes of remarks shortly before it (see `RECURRENCE`).
    """

    changes: tuple[RecordedChange, ...] = ()
    earlier_remarks: tuple[RecordedChange, ...] = ()
    ended: tuple[RecordedEnd, ...] = ()
    ladders: tuple[RecordedLadder, ...] = ()
    first_runs: Mapping[ProductKey, int] = field(default_factory=dict)
    chains: Mapping[ProductKey, tuple[ContractPast, ...]] = field(default_factory=dict)

    def of_contract(self, contract: FuturesContract) -> RecordedPeriod:
        """What was recorded of one contract alone."""
        con_id = contract.con_id
        rules = {venue.market_rule_id for venue in contract.venues}
        return RecordedPeriod(
            changes=tuple(change for change in self.changes if change.con_id == con_id),
            earlier_remarks=tuple(
                remark for remark in self.earlier_remarks if remark.con_id == con_id
            ),
            ended=tuple(end for end in self.ended if end.contract.con_id == con_id),
            ladders=tuple(ladder for ladder in self.ladders if ladder.new.market_rule_id in rules),
        )


@dataclass(frozen=True, slots=True)
class ReplySpan:
    """What lies between a complete reply for a product and the next one, as aware UTC instants.

    Attributes:
        after: when the earlier one was stored.
        until: when the later one was.
    """

    after: datetime
    until: datetime

    def covers(self, at: datetime) -> bool:
        """Whether the later reply is the first one after the instant."""
        return self.after < at <= self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSight:
    """How many contracts of a product a run saw first that saw it first; `at` is a UTC instant."""

    product: ProductKey
    product_id: int | None = None
    contracts: int
    at: datetime
    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRunPeriod:
    """What one run recorded.

    Attributes:
        recorded: its changes and ladders, and contracts that may have ended in one of the `spans`.
        first_sights: of products that got their first contracts in it, which are not among these
            changes: there may be tens of thousands.
        spans: of each product that the run brought up to date, the time since it last was; without
            those that never were before.
    """

    recorded: RecordedPeriod = RecordedPeriod()
    first_sights: tuple[FirstSight, ...] = ()
    spans: Mapping[ProductKey, ReplySpan] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductHistory:
    """All that is recorded of one product.

    Attributes:
        product: as it stands today.
        contracts: as they stand today, all that were ever the product's: those that have moved
            to another product since, too.
        changes: those of the product and of these contracts, in the order they were recorded,
            also while a contract was another product's.
        replies: its complete replies, in the order they were recorded.
        runs: all runs, of this product or not.
        ladders: the product's tick ladders that changed since.
        first_seen_at: when it was stored first.
    """

    product: Future
    contracts: tuple[FuturesContract, ...]
    changes: tuple[RecordedChange, ...]
    replies: tuple[RecordedReply, ...]
    runs: tuple[RecordedRun, ...]
    ladders: tuple[RecordedLadder, ...] = ()
    first_seen_at: datetime
