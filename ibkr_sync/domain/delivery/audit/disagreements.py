"""One value that two sources have differently."""

from __future__ import annotations

from dataclasses import dataclass

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.history.severity import Severity

IBKR = "IBKR"
THE_CATALOGUE = "the catalogue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A value of a product or of one of its contracts, as each of two sources has it.

    Attributes:
        contract: None for what is said of the product as a whole.
        value: what counts, with who says it in `source`.
        other: what another source says instead, named in `other_source`.
    """

    product: ProductKey
    contract: FuturesContract | None = None
    field: str
    value: str
    source: str
    other: str
    other_source: str
    severity: Severity
