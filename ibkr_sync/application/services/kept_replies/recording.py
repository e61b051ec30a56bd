"""The raw replies that are kept, as a recording that a replay gateway answers from."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from ibkr_sync.domain.entities.futures import Origin, ProductKey
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.errors import NoRawReplyError, RawReplyError, UnknownRunError
from ibkr_sync.domain.ports.raw_replies import KeptReply, RawReplyPort
from ibkr_sync.domain.ports.recordings import RecordingWriter
from ibkr_sync.domain.ports.runs import RunsPort
from ibkr_sync.domain.runs.run_outcomes import ProductOutcome
from ibkr_sync.domain.runs.run_records import RecordedProduct


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedReplies:
    """A recording, and what is not in it.

    Attributes:
        text: as a file holds it.
        contracts: how many its replies show, by product.
        unusable: why a reply that is kept is not in it.
        failed: what a run could not bring up to date, of which no reply is kept.
        refused: what it could not bring up to date for a reply that is kept.
    """

    text: str
    contracts: dict[ProductKey, int]
    unusable: tuple[RawReplyError, ...] = ()
    failed: tuple[RecordedProduct, ...] = ()
    refused: tuple[RecordedProduct, ...] = ()


class RecordingService:
    """Saves raw replies; every method raises StorageError."""

    def __init__(
        self,
        replies: RawReplyPort,
        runs: RunsPort,
        ladders: Callable[[Collection[int]], tuple[MarketRule, ...]],
        new_writer: Callable[[], RecordingWriter],
    ) -> None:
        self._replies = replies
        self._runs = runs
        self._ladders = ladders
        self._new_writer = new_writer

    def of_run(self, run_id: int) -> SavedReplies:
        """Save all that a run kept; raises UnknownRunError or NoRawReplyError."""
        run = self._runs.run(run_id)
        if run is None:
            raise UnknownRunError(run_id)
        kept = self._replies.of_run(run_id)
        if not kept:
            raise NoRawReplyError(run_id)
        failed = [
            product
            for product in self._runs.products_of(run_id)
            if product.outcome is ProductOutcome.FAILED
        ]
        refused = {key for key, reply in kept if reply.is_refused}
        return dataclasses.replace(
            self._saved(kept, (), is_sample=run.origin is Origin.SAMPLE),
            failed=tuple(product for product in failed if _key_of(product) not in refused),
            refused=tuple(product for product in failed if _key_of(product) in refused),
        )

    def of_products(self, keys: Iterable[ProductKey]) -> SavedReplies:
        """Save the last reply of each product."""
        kept: list[tuple[ProductKey, KeptReply]] = []
        unusable: list[RawReplyError] = []
        is_sample = False
        for key in keys:
            try:
                found = self._replies.kept(key)
            except RawReplyError as error:
                unusable.append(error)
                continue
            is_sample |= found.product.origin is Origin.SAMPLE
            kept.append((key, found.replies[-1]))
        kept.sort(key=lambda item: item[1].number)
        return self._saved(kept, unusable, is_sample=is_sample)

    def _saved(
        self,
        kept: Iterable[tuple[ProductKey, KeptReply]],
        unusable: Iterable[RawReplyError],
        *,
        is_sample: bool,
    ) -> SavedReplies:
        writer, contracts, problems = self._new_writer(), dict[ProductKey, int](), list(unusable)
        for key, reply in kept:
            try:
                contracts[key] = writer.add(key, self._replies.evidence(key, reply))
            except RawReplyError as error:
                problems.append(error)
        text = ""
        if contracts:
            text = writer.text(self._ladders(writer.market_rule_ids()), is_sample=is_sample)
        return SavedReplies(text=text, contracts=contracts, unusable=tuple(problems))


def _key_of(failed: RecordedProduct) -> ProductKey:
    """The product as the raw replies that were refused are given with it."""
    asked = failed.asked
    return failed.key or ProductKey(asked.symbol, asked.exchange or "", asked.trading_class or "")
