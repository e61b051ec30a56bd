"""A PostgreSQL server as its administrator sees it, who may take from a run what it uses."""

from __future__ import annotations

from enum import Enum

import psycopg
from sqlalchemy.engine import make_url

Administration = psycopg.Connection[tuple[object, ...]]


class Sessions(Enum):
    """Which sessions of a run: the oldest holds its lock, the newest is at work."""

    ALL = ""
    OLDEST = "ORDER BY backend_start LIMIT 1"
    NEWEST = "ORDER BY backend_start DESC LIMIT 1"


def as_administrator(url: str) -> Administration:
    """A connection of our own to the server that a URL names."""
    made = make_url(url)
    where = {key: value for key, value in made.query.items() if key == "host"}
    plain = made.set(query=where)
    return psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)


def schema_of(url: str) -> str:
    """The schema that is a test's own."""
    return str(make_url(url).query["options"]).split()[0].partition("=")[2]


def with_option(url: str, option: str) -> str:
    """The URL of sessions with an option more, given as `name=value`."""
    made = make_url(url)
    options = f"{made.query['options']} -c{option}"
    return made.update_query_dict({"options": options}).render_as_string(hide_password=False)


def with_a_name(url: str) -> str:
    """The URL of sessions that are named after their schema."""
    named = make_url(url).update_query_dict({"application_name": schema_of(url)})
    return named.render_as_string(hide_password=False)


def end_sessions(url: str, which: Sessions = Sessions.ALL) -> int:
    """End sessions that are named after their schema; gives how many there were."""
    named = f"SELECT pid FROM pg_stat_activity WHERE application_name = %s {which.value}"  # noqa: S608 - fixed
    with as_administrator(url) as admin:
        ended = admin.execute(
            f"SELECT pg_terminate_backend(pid, 10000) FROM ({named}) AS meant",  # noqa: S608 - fixed
            [schema_of(url)],
        )
        return len(ended.fetchall())
