"""What a text was found to mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.futures import ProductKey
    from ibkr_sync.domain.naming.notices import Notice
    from ibkr_sync.domain.naming.query import FutureQuery
    from ibkr_sync.domain.selection.contract_choice import ContractWords


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolResolution:
    """What a text means.

    Attributes:
        query: the product.
        contract: the contract of its chain; None for the whole product.
        notices: what the user should know about how the text was taken.
        product: the one product it can be by what is known; None if several or none.
        exact: the query for that product and no other, as far as its trading class is known.
    """

    query: FutureQuery
    contract: ContractWords | None = None
    notices: tuple[Notice, ...] = ()
    product: ProductKey | None = None
    exact: FutureQuery | None = None
