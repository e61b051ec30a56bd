"""The port to what is stored of deliveries."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveringContract:
    """A stored contract with what is stored of its delivery; its product is without a chain."""

    product: Future
    contract: FuturesContract


class DeliveriesPort(Protocol):
    """Deliveries in the database; every method raises StorageError."""

    @abstractmethod
    def between(self, first: date, last: date) -> tuple[DeliveringContract, ...]:
        """Give the contracts one of whose dates lies from one day to another, both included.

        Their dates are last trade, first notice and IBKR's cut-offs; delisted contracts are left
        out. In order of last trade date.
        """
