"""A product as a source gave it, with the reply behind it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.errors import IbkrSyncError, ProductNotFoundError
from ibkr_sync.domain.evidence.recognition import RememberedProduct, ReplyStatement
from ibkr_sync.domain.naming.query import FutureQuery

F = TypeVar("F", bound=Future)
F_co = TypeVar("F_co", bound=Future, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The raw reply behind a product, kept whole, so that a better parser can read it again.

    Attributes:
        received_at: UTC instant at which it was complete.
        frames: its payloads as received, without length prefix, in order of arrival.
        symbol: what was asked for; None where older versions kept the frames of one product
            alone.
        exchange: on which exchange; None for any.
        include_expired: whether ended contracts were asked for.
        answers: the payloads of further answers, to questions about single contracts that the
            reply lacks.
        gone: the conIds that such questions found to be unknown (see `AcquiredFuture`).
    """

    received_at: datetime
    server_version: int
    client_version: str
    frames: tuple[bytes, ...]
    symbol: str | None = None
    exchange: str | None = None
    include_expired: bool = False
    answers: tuple[bytes, ...] = ()
    gone: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquiredFuture(Generic[F_co]):
    """A complete, validated product on its way to the local repository, with what came along.

    Attributes:
        others: other products of the same reply; without `synced_at` where a question about one
            contract showed it, so that the rest of the chain is unknown.
        scope: what the question covered, so that the reply may speak of what it lacks; None for
            a file, whose silence says nothing.
        gone: conIds of stored contracts that the reply lacks and that the source, asked for each
            by its conId, does not know, while it answered for another one.
        called_absent: conIds of contracts that a file calls missing or delisted: it shows none of
            them, and yet states them.
        remarks: sentences for the user (see `FutureUpdate`).
        disagreements: in how many values the catalogue differs.
        statement: what the reply says but for hours, where that and the product alone decide what
            is stored.
    """

    product: F_co
    others: tuple[Future, ...] = ()
    scope: FutureQuery | None = None
    gone: frozenset[int] = frozenset()
    called_absent: frozenset[int] = frozenset()
    evidence: Evidence | None = None
    remarks: tuple[str, ...] = ()
    disagreements: int = 0
    statement: ReplyStatement | None = None

    @property
    def is_from_file(self) -> bool:
        """Whether a file gave it; of sample data the origin does not say it."""
        is_sample_file = self.product.origin is Origin.SAMPLE and self.scope is None
        return self.product.origin is Origin.FILE or is_sample_file


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognisedReply:
    """A complete reply that says of a stored product what the one before said, but for hours."""

    product: RememberedProduct
    statement: ReplyStatement
    evidence: Evidence

    def given_at(self, now: datetime) -> datetime:
        """When its source said so; by a clock that was set back since, the instant `now`."""
        return min(self.evidence.received_at, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentFuture:
    """An observation of absence: a stored product that its source no longer knows.

    While it answered for another product, it knew neither this one nor, asked for each by its
    conId, any contract that is listed. Files never give it.

    Attributes:
        key: the name under which the product is stored.
        gone: the conIds that were asked for.
        error: what the query fails with.
    """

    key: ProductKey
    gone: frozenset[int]
    error: ProductNotFoundError


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedReply:
    """A complete reply that can't be used, on its way to where it is kept to be looked into.

    Nothing is concluded from it.

    Attributes:
        error: what the query fails with.
        evidence: what was said until then.
    """

    error: IbkrSyncError
    evidence: Evidence

    @classmethod
    def after(cls, replies: Sequence[Evidence], error: IbkrSyncError) -> RefusedReply:
        """Join the replies about a product, of which the last led to the error.

        The last to a question by symbol is the reply, all others are answers.
        """
        wholes = [reply for reply in replies if reply.symbol is not None]
        whole = wholes[-1] if wholes else replies[-1]
        answers = (frame for reply in replies if reply is not whole for frame in reply.frames)
        return cls(error=error, evidence=dataclasses.replace(whole, answers=tuple(answers)))


def future_with_answers(
    acquired: AcquiredFuture[F],
    found: Iterable[tuple[FuturesContract, Future]],
    gone: Collection[int],
    frames: Iterable[bytes] = (),
) -> AcquiredFuture[F]:
    """Complete a reply by what its source, asked for single contracts, said of them.

    `found` are stored contracts, each with the product that now holds it alone: one that stands
    where it stood joins the chain, another joins the other products. `frames` are what it said.
    That the reply lacked contracts of its product is a remark.
    """
    product = acquired.product
    lacked: list[str] = []
    others = {other.key: other for other in acquired.others}
    for stored, holder in found:
        (answered,) = holder.contracts
        if stands_in(product, stored, holder):
            product = _joined(product, dataclasses.replace(answered, series=stored.series))
            lacked.append(answered.local_symbol)
        elif holder.key in others:
            others[holder.key] = _joined(others[holder.key], answered)
        else:
            others[holder.key] = dataclasses.replace(holder, synced_at=None)
    evidence = acquired.evidence and dataclasses.replace(
        acquired.evidence, answers=tuple(frames), gone=frozenset(gone)
    )
    return dataclasses.replace(
        acquired,
        product=product,
        others=tuple(others.values()),
        gone=frozenset(gone),
        evidence=evidence,
        remarks=(*acquired.remarks, *_incomplete(lacked)),
    )


def stands_in(product: Future, stored: FuturesContract, holder: Future) -> bool:
    """Whether a stored contract is the product's still, by the product that holds it alone.

    It may be so in another trading class than the product's, if that is its own.
    """
    (answered,) = holder.contracts
    in_own_class = ProductKey(product.symbol, product.exchange, stored.trading_class)
    return product.key == holder.key or in_own_class == ProductKey(
        answered.symbol, answered.exchange, answered.trading_class
    )


def _incomplete(lacked: list[str]) -> Iterator[str]:
    if lacked:
        first, *others = lacked
        names = f"{first} and {len(others)} more" if others else first
        yield f"the reply was incomplete: it lacked {names}, found by conId"


def _joined(product: F, contract: FuturesContract) -> F:
    chain = sorted(
        (*product.contracts, contract), key=lambda item: (item.last_trade_date, item.con_id)
    )
    return dataclasses.replace(product, contracts=tuple(chain))


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquiredLadders:
    """The tick ladders that a source could get of those that were due."""

    rules: tuple[MarketRule, ...]
