from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from ibkr_sync.domain.errors import DatabaseUnavailableError
from ibkr_sync.infrastructure.repositories.local_repo.database.location import locate_database
from one_case import one_case

SECRET = "hunter2+/@:é %"  # noqa: S105 - it must never be seen again


@pytest.mark.parametrize(
    "text",
    ["futures.db", "sqlite:///futures.db", "sqlite+pysqlite:///futures.db", "./x/../futures.db"],
)
def test_a_file_is_named_by_its_absolute_path(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    location = locate_database(text)
    assert location.path == tmp_path.resolve() / "futures.db"
    assert location.name == str(location.path)


def test_a_link_is_followed_so_that_one_file_has_one_lock(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "futures.db")
    assert locate_database(tmp_path / "link.db") == locate_database(tmp_path / "futures.db")


def test_a_home_directory_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert locate_database("~/futures.db").path == tmp_path.resolve() / "futures.db"


@one_case("text", [":memory:", "sqlite:///:memory:"])
def test_memory_is_a_place_without_file(text: str) -> None:
    location = locate_database(text)
    assert location.is_memory
    assert location.path is None


@one_case("scheme", ["postgres", "postgresql", "postgresql+psycopg", "POSTGRES"])
def test_every_name_of_postgresql_means_one_driver(scheme: str) -> None:
    location = locate_database(f"{scheme}://me@db.example:5433/futures")
    assert location.url is not None
    assert location.url.drivername == "postgresql+psycopg"
    assert location.name == "postgresql://me@db.example:5433/futures"


@one_case(
    "query_key",
    ["password", "PASSWORD", "sslpassword", "passfile", "secret", "api_token", "sslkey"],
)
def test_a_secret_is_masked_wherever_the_url_holds_it(query_key: str) -> None:
    url = URL.create(
        "postgresql", "me", SECRET, "db.example", database="futures", query={query_key: SECRET}
    )
    location = locate_database(url.render_as_string(hide_password=False))
    assert location.name == f"postgresql://me:***@db.example/futures?{query_key}=***"
    assert SECRET not in repr(location)
    assert SECRET not in location.redact(f"it said {SECRET} to me")


@given(st.text(min_size=3, max_size=30).filter(lambda text: text.strip("*% ")))
def test_no_password_survives_in_name_or_message(password: str) -> None:
    marked = f"Z{password}Z"
    url = URL.create("postgresql", "me", marked, "db.example", database="futures")
    location = locate_database(url.render_as_string(hide_password=False))
    assert location.name == "postgresql://me:***@db.example/futures"
    assert marked not in location.redact(f"<{marked}>")


@one_case(
    "text",
    [
        f"postgresql://me:{SECRET}@db.example:port/futures",
        f"postgres:me:{SECRET}@db.example",
        f"mysql://me:{SECRET}@db.example/futures",
        f"me:{SECRET}@db.example/futures",
        f"host=db.example password={SECRET} dbname=futures",
        f"sqlite://me:{SECRET}@/futures.db",
        f"sqlite:///futures.db?password={SECRET}",
        f"postgresql+asyncpg://me:{SECRET}@db.example/futures",
    ],
)
def test_what_can_not_be_understood_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(DatabaseUnavailableError) as caught:
        locate_database(text)
    assert "hunter2" not in f"{caught.value} {caught.value.__cause__}"


@one_case("text", ["", "   ", "sqlite://", "sqlite:///file:x.db?mode=memory&uri=true", "a\0b"])
def test_what_names_no_database_is_refused(text: str) -> None:
    with pytest.raises(DatabaseUnavailableError):
        locate_database(text)
