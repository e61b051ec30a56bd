"""What a user learns of how the words were taken: nothing failed, nothing is silent."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.contracts import ContractMonth
    from ibkr_sync.domain.entities.futures import ProductKey
    from ibkr_sync.domain.naming.known_products import RenamedSymbol
    from ibkr_sync.domain.naming.renaming import FormerName
    from ibkr_sync.domain.naming.spellings import ContractSpelling


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRenamedNotice:
    """The exchange was given by a code that IBKR replaced."""

    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolRenamedNotice:
    """The symbol stood, or stands, for another product than some may think."""

    renamed: RenamedSymbol


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRenamedNotice:
    """The word is what a stored product was called until IBKR renamed it."""

    name: FormerName


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherProductsNotice:
    """The word is a name of other products as well."""

    word: str
    taken: ProductKey
    others: tuple[ProductKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherContractNotice:
    """The word, taken for a product, is also a way to write a contract of another one."""

    word: str
    spelling: ContractSpelling


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesNotice:
    """The word is the class of a weekly series, which belongs to this product."""

    word: str
    product: ProductKey


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueSymbolNotice:
    """The word is the catalogue's symbol of a product that IBKR calls otherwise."""

    word: str
    product: ProductKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinuousNotice:
    """The word is another program's name of a continuous contract; its product is taken."""

    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherYearNotice:
    """A short year was taken for this contract month, which is not the next one it may mean."""

    word: str
    contract_month: ContractMonth


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeNotice:
    """A multiplier, typed or pinned, decided among contracts that are equal but for it.

    Attributes:
        left_out: how many contracts of other sizes are not answered with.
        kept: how many are, as none of this size equals them.
    """

    product: ProductKey
    multiplier: Decimal
    left_out: int
    kept: int


Notice = (
    ExchangeRenamedNotice
    | SymbolRenamedNotice
    | ProductRenamedNotice
    | OtherProductsNotice
    | OtherContractNotice
    | SeriesNotice
    | CatalogueSymbolNotice
    | ContinuousNotice
    | OtherYearNotice
    | SizeNotice
)
