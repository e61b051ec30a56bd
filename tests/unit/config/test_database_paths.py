from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.config.database_paths import PathContext, database_file_path, database_path
from one_case import one_case

HERE = PathContext(folder=Path("/etc/futures"), home=Path("/home/me"))


@one_case(
    ("text", "path"),
    [
        ("futures.db", "/etc/futures/futures.db"),
        ("./a/futures.db", "/etc/futures/a/futures.db"),
        ("/var/futures.db", "/var/futures.db"),
        ("~/futures.db", "/home/me/futures.db"),
        ("a file with spaces & émojis 📈.db", "/etc/futures/a file with spaces & émojis 📈.db"),
        ("sqlite:///futures.db", "/etc/futures/futures.db"),
        ("sqlite:////var/futures.db", "/var/futures.db"),
        ("sqlite+pysqlite:///~/futures.db", "/home/me/futures.db"),
        ("SQLite:///futures.db", "/etc/futures/futures.db"),
        ("postgres.db", "/etc/futures/postgres.db"),
    ],
)
def test_files_and_sqlite_urls_become_absolute_paths(text: str, path: str) -> None:
    located = database_path(text, HERE)

    assert located == path
    assert database_file_path(located) == Path(path)


@one_case("text", [":memory:", "sqlite:///:memory:"])
def test_memory_is_no_file(text: str) -> None:
    located = database_path(text, HERE)

    assert located == ":memory:"
    assert database_file_path(located) is None


@one_case(
    "url",
    [
        "postgresql://h/db",
        "postgres://u:p@h:5432/db",
        "postgresql+psycopg://u@[::1]:5432/db?sslmode=require",
        "postgresql://",
        "postgresql:///db?host=/var/run/postgresql",
        "postgresql://u:p/w?d@h/db",
    ],
)
def test_postgresql_urls_are_passed_on_unchanged(url: str) -> None:
    assert database_path(url, HERE) == url
    assert database_file_path(url) is None


@one_case(
    ("text", "reason"),
    [
        ("mysql://u:p@h/db", "only SQLite and PostgreSQL"),
        ("postgresql+asyncpg://h/db", "leave the driver out"),
        ("postgresql://h:0/db", "port"),
        ("postgresql://h:65536/db", "port"),
        ("postgresql://h:x/db", "port"),
        ("postgresql://h:/db", "port"),
        ("postgresql://u:p@w@h/db", "%40"),
        ("postgresql:/h/db", "://"),
        ("postgresql//h/db", "://"),
        ("sqlite:futures.db", "://"),
        ("host=h password=p dbname=d", "postgresql://"),
        ("sqlite://", "sqlite:///FILE"),
        ("sqlite:///", "no file"),
        ("me:secret@h/db", "postgresql://"),
        ("sqlite://h/futures.db", "sqlite:///FILE"),
        ("sqlite:///futures.db?mode=ro", "no parameters"),
        ("folder/", "no file"),
        ("..", "no file"),
        ("  ", "no file"),
        ("~", "no file"),
        ("~root/futures.db", "your own home"),
        ("a\0b", "can't be printed"),
        ("postgresql://h/a\nb", "can't be printed"),
    ],
)
def test_what_names_no_usable_database_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        database_path(text, HERE)


def test_a_home_that_is_not_known_is_said_not_guessed() -> None:
    with pytest.raises(ValueError, match="HOME"):
        database_path("~/futures.db", PathContext(folder=Path("/"), home=None))


@given(st.text() | st.text().map("postgresql://{}".format) | st.text().map("sqlite:///{}".format))
def test_any_text_gives_an_absolute_path_or_a_postgresql_url_or_is_refused(text: str) -> None:
    try:
        located = database_path(text, HERE)
    except ValueError:
        return
    file = database_file_path(located)
    assert (file is None) == (located.lower().startswith("postgres") or located == ":memory:")
    assert file is None or file.is_absolute()
