"""What all faults share: when they strike, how often, and in which order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from threading import Lock
from typing import ClassVar

from gateway.dialects import ScriptedDialect
from ibkr_sync.infrastructure.replay.protocol.reply_parts import Plan
from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest, Request


class Occasion(Enum):
    """What a gateway is about to react to."""

    ACCEPT = auto()
    HELLO = auto()
    START_API = auto()
    CONTRACT_DATA = auto()
    MARKET_RULE = auto()
    CURRENT_TIME = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a fault may know about the reply it rewrites; no request at ACCEPT and HELLO."""

    occasion: Occasion
    dialect: ScriptedDialect
    now: datetime
    request: Request | None = None

    @property
    def req_id(self) -> int:
        """The request's id, -1 where requests have none."""
        return self.request.req_id if isinstance(self.request, ContractDataRequest) else -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(ABC):
    """One deviation from what TWS would send.

    Attributes:
        occasion: when it strikes; None is always.
        symbol: strikes only at contract-details requests for this symbol.
        con_ids: strikes at those for these conIds too, or only at them if no symbol is given.
        skip: how many such occasions, over all connections, pass unharmed first.
        first: at how many occasions after those it strikes; None is all.
    """

    works_on_bytes: ClassVar[bool] = False

    occasion: Occasion | None = Occasion.CONTRACT_DATA
    symbol: str | None = None
    con_ids: frozenset[int] = frozenset()
    skip: int = 0
    first: int | None = None

    @abstractmethod
    def rewrite(self, plan: Plan, situation: Situation, /) -> Plan:
        """Give the plan that is carried out instead."""

    def concerns(self, situation: Situation) -> bool:
        """Whether this is an occasion to strike, or one to be counted as skipped."""
        if self.occasion not in (None, situation.occasion):
            return False
        if self.symbol is None and not self.con_ids:
            return True
        request = situation.request
        if not isinstance(request, ContractDataRequest):
            return False
        return request.con_id in self.con_ids if request.con_id else request.symbol == self.symbol


class FaultScript:
    """The faults of one gateway and how often each was met; safe between threads."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._faults = sorted(faults, key=lambda fault: fault.works_on_bytes)
        self._met = [0] * len(faults)
        self._lock = Lock()

    def rewrite(self, plan: Plan, situation: Situation, /) -> Plan:
        """Let every fault that strikes in this situation rewrite the plan in turn."""
        for index, fault in enumerate(self._faults):
            if fault.concerns(situation) and self._strikes(index, fault):
                plan = fault.rewrite(plan, situation)
        return plan

    def _strikes(self, index: int, fault: Fault) -> bool:
        with self._lock:
            self._met[index] += 1
            turn = self._met[index] - fault.skip
        return turn > 0 and (fault.first is None or turn <= fault.first)
