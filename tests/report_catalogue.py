"""Print every product of the catalogue as it comes back from a gateway and a database.

    python tests/report_catalogue.py

Tab-separated: product, asset class, contracts, and the money per smallest step of the price,
`-` where the catalogue does not know the tick or the size. The gateway is a replay on loopback
whose chains are computed; classes, sizes and ticks are the catalogue's.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from contracts.future_port import query_for
from fakes.catalogue_recording import products_of, recording_of_catalogue
from fakes.clock import FakeClock
from fakes.gateway_rig import NOW, QUICK
from gateway.server import ScriptedGateway
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway_parameters import (
    GatewayParameters,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.repository import IbkrFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository

_LIMITS = QUICK | {"run_timeout": 3600.0, "total_timeout": 600.0, "idle_timeout": 60.0}


def bring_in(products: Sequence[Future], path: Path) -> list[FutureUpdate[Future] | FutureFailure]:
    """Ask a gateway that holds these products for each of them, storing what it answers."""
    clock = FakeClock(NOW)
    recording = recording_of_catalogue(products)
    with (
        Database(path) as database,
        ScriptedGateway(recording, now=clock, server_version=157) as replay,
    ):
        place = {"host": replay.host, "port": replay.port}
        with Gateway(GatewayParameters(**_LIMITS, **place), clock) as gateway:  # type: ignore[arg-type]
            local = LocalFutureRepository(database, Future, load_catalogue(), clock)
            repository = IbkrFutureRepository(gateway, local, Future, load_catalogue(), clock)
            queries = [query_for(product) for product in products]
            return list(repository.get_or_create_many(queries, SyncPolicy()))


def stored(products: Iterable[Future], path: Path) -> list[Future]:
    """These products as the database tells them, read anew."""
    with Database(path) as database:
        local = LocalFutureRepository(database, Future, load_catalogue(), FakeClock(NOW))
        return [local.get_by_symbol(query_for(product)) for product in products]


def report(products: Iterable[Future]) -> Iterator[str]:
    """The lines of the table, the heading first."""
    yield "product\tasset_class\tcontracts\ttick_value"
    for product in products:
        value = product.tick_value
        message = "-" if value is None else f"{value.normalize():f} {product.currency}"
        count = str(len(product.contracts))
        yield "\t".join((str(product.key), product.asset_class.value, count, message))


def main() -> int:
    """Print the table; 1 when a product did not come through."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "futures.db"
        products = products_of(load_catalogue().products, NOW.date())
        outcomes = bring_in(products, path)
        failures = [outcome for outcome in outcomes if isinstance(outcome, FutureFailure)]
        for failure in failures:
            sys.stderr.write(f"{failure.query.symbol}: {failure.error}\n")
        if not failures:
            sys.stdout.writelines(f"{line}\n" for line in report(stored(products, path)))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
