"""Reference data of futures products that ships with the package.

Tables of facts: products, renamed exchange codes, time zone ids of exchanges and of logins.
None of them was checked against a gateway, so what IBKR replies always wins.
"""

from __future__ import annotations

from ibkr_sync.catalogue.products import Catalogue, load_catalogue
from ibkr_sync.catalogue.time_zones import iana_zone, login_zone

__all__ = ["Catalogue", "iana_zone", "load_catalogue", "login_zone"]
