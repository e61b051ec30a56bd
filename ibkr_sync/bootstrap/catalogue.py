"""The catalogue of a profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from ibkr_sync.catalogue import Catalogue, load_catalogue
from ibkr_sync.domain.entities.catalogue import CatalogueProduct

if TYPE_CHECKING:
    from ibkr_sync.config.settings import CatalogueSettings, ProfileSettings


def profile_catalogue(profile: ProfileSettings) -> Catalogue:
    """The bundled catalogue with the user's own products."""
    return load_catalogue().extended(_own_product(entry) for entry in profile.catalogue)


def catalogue_products(profile: ProfileSettings, pattern: str | None) -> Sequence[CatalogueProduct]:
    """What the catalogue knows, the user's own products included; all of it for None.

    The pattern is a symbol, exchange, class, code, type or word of the name, or has `*` and `?`.
    """
    from ibkr_sync.catalogue.product_facts import product_with_facts

    return tuple(map(product_with_facts, profile_catalogue(profile).search(pattern)))


def _own_product(entry: CatalogueSettings) -> CatalogueProduct:
    values = asdict(entry) | {"trading_class": entry.trading_class or entry.symbol}
    return CatalogueProduct(**values, sources=("config",))
