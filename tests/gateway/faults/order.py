"""Rows of a reply in another order, which is no fault: those of TWS are in none."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from gateway.faults.base import Fault, Situation
from gateway.faults.contents import is_part
from ibkr_sync.infrastructure.replay.protocol.reply_parts import Plan, ReplyPart


@dataclass(frozen=True, slots=True, kw_only=True)
class ShuffledRows(Fault):
    """The rows in an order that the seed decides; other faults may follow."""

    seed: int

    def rewrite(self, plan: Plan, _situation: Situation, /) -> Plan:
        """Shuffle the rows, each in a place of one."""
        rows = [step for step in plan if is_part(step, ReplyPart.ROW)]
        shuffled = iter(Random(self.seed).sample(rows, len(rows)))  # noqa: S311 - no secret
        return [next(shuffled) if is_part(step, ReplyPart.ROW) else step for step in plan]
