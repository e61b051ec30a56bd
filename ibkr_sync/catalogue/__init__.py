"""Reference data of futures products that ships with the package.

Three tables of facts: products, renamed exchange codes and time zone ids. None of them was
checked against a gateway, so what IBKR replies always wins.
"""

from __future__ import annotations

from ibkr_sync.catalogue.products import Catalogue, load_catalogue
from ibkr_sync.catalogue.time_zones import iana_zone

__all__ = ["Catalogue", "iana_zone", "load_catalogue"]
