"""A database as months or years of nightly refreshes leave it: some run for real, the rest copied.

The product runs the nights of the first week for some products, over a gateway that answers for
their days, and the last one, one three weeks before it, and one in each quarter before that. A
night between them is a copy of the night of its weekday in the first week: its run, an outcome for
each product, the hours that rolled in, and the raw replies as long as they are kept. What a night
that was run found changed since the one before it is spread over those between, a product's changes
in one of them. Then every row of a product is written once for each product that is to be like it,
in the order of time: the others have its chain and its past under names and conIds of their own.
"""

from __future__ import annotations

import dataclasses
import re
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path

from benchmarks.acquisition import UNPACED, EmptyDatabases
from benchmarks.many_products import MOST_IN_FLIGHT
from benchmarks.recordings import ConIds, wide_queries, wide_recording
from gateway.server import ScriptedGateway
from ibkr_sync.application.services.refresh import RefreshSelection
from ibkr_sync.bootstrap import bootstrap
from ibkr_sync.config.settings import GatewaySettings, ProfileSettings
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.ports.watchlist import WatchedProduct
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.replay.rows import ContractRow, MarketRuleRow
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway_parameters import (
    GatewayParameters,
)

ALIKE = 50
"""So many products are refreshed; those beyond them are like them."""

KEPT_FOR = timedelta(days=90)
"""How long raw replies are kept by default."""

_DAY = timedelta(days=1)
_WEEK = 7
_TO_A_MONTH = 22
"""The nights of a month after its first week."""
_QUARTER = 91

_NEW_ORDER_TYPES, _NEW_LADDER, _NEW_TICK = 365, 2 * 365, 4 * 365
"""Every so many days a product has other order types, a market rule other steps, and so on."""

_COPIED_RUN = """
INSERT INTO sync_runs (origin, kind, outcome, started_at, finished_at)
SELECT origin, kind, 'ok', :at, :at FROM sync_runs WHERE id = :template
"""
_COPIES = (
    """
    INSERT INTO run_products (run_id, symbol, exchange, trading_class, product_id, outcome, added,
                              updated, moved, replaced, returned, missing, delisted, expired,
                              unchanged, at, given_at)
    SELECT :run, symbol, exchange, trading_class, product_id, 'unchanged', 0, 0, 0, 0, 0, 0, 0, 0,
           added + updated + unchanged, :at, :at
    FROM run_products WHERE run_id = :template
    """,
    """
    INSERT INTO hours_days (product_id, day, seen_at, trading_sessions, liquid_sessions, time_zone)
    SELECT product_id, date(day, :later || ' days'), :at, shifted(trading_sessions, :later),
           shifted(liquid_sessions, :later), time_zone
    FROM hours_days WHERE seen_at = :template_at
    """,
)
_COPIED_REPLIES = """
INSERT INTO raw_replies (run_id, product_id, received_at, server_version, client_version,
                         frame_count, frames, sha256, base_id, symbol, exchange, include_expired,
                         answer_count, gone)
SELECT :run, product_id, :at, server_version, client_version, frame_count, frames, sha256,
       (SELECT max(base.id) FROM raw_replies AS base
        WHERE base.product_id = reply.product_id AND base.base_id IS NULL),
       symbol, exchange, include_expired, answer_count, gone
FROM raw_replies AS reply WHERE run_id = :template
"""

_SPREADING = (
    """
    CREATE TEMP TABLE spread AS
    SELECT product_id, :run - (product_id * 7919) % (1 + :between) AS run_id
    FROM run_products WHERE run_id = :run AND outcome = 'updated'
    """,
    "DELETE FROM temp.spread WHERE run_id = :run",
    """
    UPDATE run_products SET (outcome, added, updated, expired, unchanged) =
        (SELECT outcome, added, updated, expired, unchanged FROM run_products AS found
         WHERE found.run_id = :run AND found.product_id = run_products.product_id)
    WHERE run_id BETWEEN :run - :between AND :run - 1
      AND (product_id, run_id) IN (SELECT product_id, run_id FROM temp.spread)
    """,
    """
    UPDATE run_products SET outcome = 'unchanged', added = 0, updated = 0, expired = 0,
                            unchanged = unchanged + added + updated
    WHERE run_id = :run AND product_id IN (SELECT product_id FROM temp.spread)
    """,
    """
    UPDATE contracts SET first_seen_at =
        (SELECT started_at FROM temp.spread AS other JOIN sync_runs ON sync_runs.id = other.run_id
         WHERE other.product_id = contracts.product_id)
    WHERE first_seen_at = :at AND product_id IN (SELECT product_id FROM temp.spread)
    """,
    """
    UPDATE field_changes SET (run_id, seen_at) =
        (SELECT sync_runs.id, started_at
         FROM temp.spread AS other JOIN sync_runs ON sync_runs.id = other.run_id
         WHERE other.product_id = field_changes.product_id)
    WHERE run_id = :run AND product_id IN (SELECT product_id FROM temp.spread)
    """,
    "DROP TABLE temp.spread",
)


_IN_ORDER = (
    *("schedules", "market_rules", "market_rule_increments", "sync_runs", "products", "contracts"),
    *("contract_deliveries", "contract_schedules", "field_changes", "run_products"),
    *("hours_days", "raw_replies", "watchlist"),
)
_ONCE = ("schedules", "market_rules", "market_rule_increments", "sync_runs")
_NAMED_ALIKE = "|| CASE copy WHEN 0 THEN '' ELSE '-' || copy END"
_OF_PRODUCTS = {
    "id": "id * :times + copy",
    "product_id": "product_id * :times + copy",
    "base_id": "base_id * :times + copy",
    "con_id": "con_id + copy * 1000000",
    **{
        name: f"{name} {_NAMED_ALIKE}"
        for name in ("symbol", "trading_class", "local_symbol", "underlying_symbol")
    },
}
"""How the columns of a product's rows are written for each of those that are like it."""


def build(folder: Path, products: int, nights: int, last_night: date) -> Path:
    """Make a database of watched products after so many nights, a month of them at least.

    Every refresh is at half past two, UTC. Above `ALIKE` products it takes a multiple of that.
    """
    databases = EmptyDatabases(folder)
    night = _Nights(databases.next_file(), min(products, ALIKE), nights, last_night)
    night.watch()
    newest = nights - 1
    quarters = range(newest - _TO_A_MONTH, _WEEK, -_QUARTER)
    to_run = {*range(1 + _WEEK), *quarters, newest}
    for number in sorted(to_run):
        before = max((other for other in to_run if other < number), default=-1)
        night.copy(range(before + 1, number))
        night.refresh(number)
        night.spread(number, number - before - 1)
    if products <= ALIKE:
        return night.file
    return _multiplied(night.file, databases.next_file(), products // ALIKE)


def _multiplied(few: Path, file: Path, times: int) -> Path:
    """Write every row of a database into another one, those of products so many times."""
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("ATTACH ? AS few", (str(few),))
        database.execute(
            "CREATE TEMP TABLE copies AS SELECT value AS copy FROM json_each(?)",
            (str([*range(times)]),),
        )
        for table in _IN_ORDER:
            columns = [row[1] for row in database.execute(f"PRAGMA few.table_info({table})")]
            own = _OF_PRODUCTS.keys() & set(columns) if table not in _ONCE else ()
            values = ", ".join(_OF_PRODUCTS[name] if name in own else name for name in columns)
            source = f"few.{table}" + (" CROSS JOIN temp.copies" if own else "")
            statement = (
                f"INSERT INTO main.{table} ({', '.join(columns)})"  # noqa: S608 - ours
                f" SELECT {values} FROM {source} ORDER BY {table}.rowid{', copy' if own else ''}"
            )
            database.execute(statement, {"times": times})
        database.commit()
    return file


class _Nights:
    """The nights of one database, numbered from 0 on; so are their runs, from 1 on."""

    def __init__(self, file: Path, products: int, nights: int, last_night: date) -> None:
        self.file = file
        self._products = products
        self._last = datetime(*last_night.timetuple()[:3], 2, 30, tzinfo=UTC)
        self._first = self._last - (nights - 1) * _DAY
        self._con_ids = ConIds()

    def watch(self) -> None:
        """Put every product on the watchlist, before the first night."""
        with bootstrap(self._profile(0), Future, clock=partial(self._at, 0)) as services:
            services.watchlist.add(
                WatchedProduct(
                    symbol=query.symbol, exchange=query.exchange, trading_class=query.trading_class
                )
                for query in wide_queries(self._products, self._first.date())
            )

    def refresh(self, number: int) -> None:
        """Run a night; raises what a product fails with."""
        clock = partial(self._at, number)
        recording = _as_of(
            wide_recording(self._products, clock().date(), self._con_ids), clock().date()
        )
        with ScriptedGateway(recording, now=clock) as server:
            parameters = GatewayParameters(
                port=server.port,
                messages_per_second=UNPACED,
                requests_in_flight=MOST_IN_FLIGHT,
            )
            with (
                Gateway(parameters, clock) as gateway,
                bootstrap(self._profile(number), Future, gateway=gateway, clock=clock) as services,
            ):
                for outcome in services.refresh.begin(RefreshSelection(), SyncPolicy()):
                    if isinstance(outcome, FutureFailure):
                        raise outcome.error

    def copy(self, numbers: range) -> None:
        """Write nights that were as those of their weekdays in the first week."""
        with closing(self._open()) as database:
            for number in numbers:
                later = number - 1 - (number - 1) % _WEEK
                template = 1 + number - later
                values = {
                    "run": number + 1,
                    "at": _text(self._at(number)),
                    "later": later,
                    "template": template,
                    "template_at": _text(self._at(template - 1)),
                }
                is_kept = self._at(number) >= self._last - KEPT_FOR
                replies = (_COPIED_REPLIES,) if is_kept else ()
                for statement in (_COPIED_RUN, *_COPIES, *replies):
                    database.execute(statement, values)
            database.commit()

    def spread(self, number: int, between: int) -> None:
        """Let what a night found have changed in one of so many before it, or in it."""
        values = {"run": number + 1, "at": _text(self._at(number)), "between": between}
        with closing(self._open()) as database:
            for statement in _SPREADING if between else ():
                database.execute(statement, values)
            database.commit()

    def _at(self, number: int) -> datetime:
        return self._first + number * _DAY

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.file)
        database.execute("PRAGMA synchronous = OFF")
        database.create_function("shifted", 2, _shifted, deterministic=True)
        return database

    def _profile(self, number: int) -> ProfileSettings:
        """The last night lets go of old replies; until then those of the first week are copied."""
        return ProfileSettings(
            source="ibkr",
            replay=None,
            database=str(self.file),
            gateway=GatewaySettings(),
            keep_raw_replies=KEPT_FOR if self._at(number) == self._last else None,
        )


def _text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S.%f}"


@lru_cache(4096)
def _shifted(sessions: str | None, days: int) -> str | None:
    """Sessions and closed days so many days later."""
    if sessions is None:
        return None
    later = days * _DAY
    return re.sub(r"\d{4}-\d\d-\d\d", lambda day: f"{date.fromisoformat(day[0]) + later}", sessions)


def _as_of(recording: Recording, day: date) -> Recording:
    """The recording with the order types, ladders and ticks of a day."""
    return dataclasses.replace(
        recording,
        contracts=tuple(_row_as_of(row, day) for row in recording.contracts),
        market_rules=tuple(_rule_as_of(rule, day) for rule in recording.market_rules),
    )


def _row_as_of(row: ContractRow, day: date) -> ContractRow:
    number = int(row.symbol.rpartition(".")[2])
    order_types = f"{row.order_types},PEGSTK" if _turns(day, number, _NEW_ORDER_TYPES) else None
    tick = f"{float(row.min_tick) / 2:g}" if _turns(day, number, _NEW_TICK) else None
    return dataclasses.replace(
        row, order_types=order_types or row.order_types, min_tick=tick or row.min_tick
    )


def _rule_as_of(rule: MarketRuleRow, day: date) -> MarketRuleRow:
    if not _turns(day, int(rule.market_rule_id), _NEW_LADDER):
        return rule
    ((edge, step), *others) = rule.increments
    return dataclasses.replace(rule, increments=((edge, f"{float(step) / 2:g}"), *others))


def _turns(day: date, number: int, every: int) -> bool:
    """Every so many days it is the other way round, of each number on another day."""
    return bool((day.toordinal() + 37 * number) // every % 2)
