"""Databases to hold a run against: a file, or a schema of a server."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import and_, delete, exists, func, insert, select, text
from sqlalchemy.engine import make_url

from databases import dump, refuse_damage
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import metadata
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading, writing

SECRET = "hush-hush"  # noqa: S105 - what no run may ever tell

Rows: TypeAlias = list[Mapping[str, Any]]
Tables: TypeAlias = dict[str, Rows]

ABOUT_RUNS = frozenset(("sync_runs", "run_products", "refused_replies"))
"""A run that fails is recorded too, with what it refused."""

_OF_ALL_PRODUCTS = frozenset(
    ("market_rules", "market_rule_increments", "pins", "watchlist", "schedules")
)

_ABOUT_THE_PAST = frozenset(("field_changes", "former_names", "hours_days"))

_DIFFERS_BETWEEN_RUNS = frozenset(
    (
        *("id", "run_id", "first_seen_at", "last_seen_at", "seen_at", "schedule_id", "changed_at"),
        "reply_digest",  # over ids and odd rows too, and no truth of its own
    )
)
_KNOWN_BY_PRESENCE = frozenset(("missing_since", "delisted_at", "synced_at"))


_SET_NEXT_ID = """
SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}
"""


class Store:
    """A database from outside; `location` is what `--database` takes."""

    def __init__(self, location: str) -> None:
        self.location = location

    @property
    def path(self) -> Path:
        """The file; only a file has one."""
        return Path(self.location)

    @property
    def is_server(self) -> bool:
        """Whether it is no file."""
        return "://" in self.location

    def tables(self) -> Tables:
        """Every row of every table."""
        with Database(self.location) as database:
            dumped = dump(database)
        return {name: [dict(row._mapping) for row in rows] for name, rows in dumped.items()}

    def take_over(self, path: Path) -> None:
        """Hold what a file holds, and nothing else; for a server."""
        with (
            Database(path) as file,
            reading(file) as theirs,
            Database(self.location) as server,
            writing(server) as ours,
        ):
            for table in reversed(metadata.sorted_tables):
                ours.execute(delete(table))
            for table in metadata.sorted_tables:
                rows = [dict(row._mapping) for row in theirs.execute(select(table))]
                if rows:
                    ours.execute(insert(table), rows)
                if "id" in table.columns:  # the next one follows on what was taken over
                    ours.execute(text(_SET_NEXT_ID.format(table=table.name)))

    def refuse_damage(self) -> None:
        """Fail unless the database is sound and every reference in it is met."""
        if not self.is_server:
            refuse_damage(self.path)
            return
        with Database(self.location) as database, reading(database) as connection:
            for table in metadata.sorted_tables:
                for key in table.foreign_keys:
                    parent = key.column.table.alias()
                    met = exists().where(parent.c[key.column.name] == key.parent)
                    orphans = select(func.count()).where(and_(key.parent.is_not(None), ~met))
                    assert connection.scalar(orphans.select_from(table)) == 0, key


def with_a_secret(url: str) -> str:
    """The same server, with a password that it does not ask for."""
    secrets = {"password": SECRET, "passfile": SECRET}
    return make_url(url).update_query_dict(secrets).render_as_string(hide_password=False)


def split(tables: Tables, symbols: Collection[str]) -> tuple[Tables, Tables]:
    """What is about the products of these symbols, and what is about all others."""
    owned: Tables = {}
    others: Tables = {}
    ids = {row["id"] for row in tables["products"] if row["symbol"] in symbols}
    con_ids = {row["con_id"] for row in tables["contracts"] if row["product_id"] in ids}
    for name, rows in tables.items():
        if name in ABOUT_RUNS:
            continue
        owned[name] = [row for row in rows if _is_about(name, row, ids, con_ids)]
        others[name] = [row for row in rows if not _is_about(name, row, ids, con_ids)]
    return owned, others


def shared(tables: Tables) -> Tables:
    """What belongs to no product alone."""
    return {name: tables[name] for name in sorted(_OF_ALL_PRODUCTS)}


def without_shared(tables: Tables) -> Tables:
    """What belongs to a product."""
    return {name: rows for name, rows in tables.items() if name not in _OF_ALL_PRODUCTS}


def contents(tables: Tables) -> dict[str, list[str]]:
    """All that is known, without what depends on when, and in which run, it was learned."""
    names = {
        row["id"]: f"{row['symbol']}@{row['exchange']} {row['trading_class']}"
        for row in tables["products"]
    }
    return {
        name: sorted(repr(_content(row, names)) for row in rows)
        for name, rows in tables.items()
        if name not in ABOUT_RUNS and name != "raw_replies"
    }


def current(known: dict[str, list[str]]) -> dict[str, list[str]]:
    """Of all that is known, what tells nothing of the past."""
    return {name: rows for name, rows in known.items() if name not in _ABOUT_THE_PAST}


def _content(row: Mapping[str, Any], names: Mapping[int, str]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for column, value in row.items():
        if column == "product_id":
            content[column] = names.get(value)
        elif column in _KNOWN_BY_PRESENCE:
            content[column] = value is not None
        elif column not in _DIFFERS_BETWEEN_RUNS:
            content[column] = value
    return content


def _is_about(
    table: str, row: Mapping[str, Any], ids: Collection[int], con_ids: Collection[int]
) -> bool:
    if table == "products":
        return row["id"] in ids
    if "product_id" in row:
        return row["product_id"] in ids
    return "con_id" in row and row["con_id"] in con_ids
