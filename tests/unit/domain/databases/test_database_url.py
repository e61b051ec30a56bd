"""What a text names as a database, and that no secret in it is ever shown."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from ibkr_sync.domain.databases.database_url import (
    DatabaseAddress,
    mask_url,
    parse_database,
    url_has_secret,
)
from ibkr_sync.infrastructure.repositories.local_repo.database.location import (
    POSTGRES_DRIVER,
    locate_database,
)
from one_case import one_case

HIDDEN = "s3cr3t"
# What a password may hold besides letters, encoded or not.
MESSY = st.text(alphabet="ab@/:?#&=%[] +;'\"\\é", max_size=8).map(
    lambda text: f"<{HIDDEN}{text}{HIDDEN}>"
)
KEYS = st.sampled_from(
    [
        *("password", "passwd", "pass", "pwd", "pw", "PGPASSWORD", "sslpassword", "passfile"),
        *("client_secret", "oauth_client_secret", "auth_token", "apikey", "sslkey", "service_key"),
        *("scram_client_key", "credential", "options"),
    ]
)


@st.composite
def spelt(draw: st.DrawFn, key: str) -> str:
    """The key in any case, any of its letters percent-encoded, once or twice."""
    written = []
    for letter in key:
        cased = draw(st.sampled_from([letter.lower(), letter.upper()]))
        form = draw(st.sampled_from(["plain", "plain", "once", "twice"]))
        once = f"%{ord(cased):02x}"
        written.append({"plain": cased, "once": once, "twice": quote(once)}[form])
    return "".join(written)


SPELT_KEYS = KEYS.flatmap(spelt)


@one_case(
    ("url", "masked"),
    [
        ("postgresql://u:p@h/db", "postgresql://u:***@h/db"),
        ("postgresql://u@h/db", "postgresql://u@h/db"),
        ("postgresql:/host/db?PW=x :=y", "postgresql:/host/db?PW=***"),
        ("host/db?PW=x :=y", "host/db?PW=***"),
        ("postgresql://h:5432/db", "postgresql://h:5432/db"),
        ("postgresql://u:p@h/db?password=x&sslmode=require", None),
        ("postgresql://h/db?sslpassword=x", "postgresql://h/db?sslpassword=***"),
        ("postgresql://h/db?pwd=x", "postgresql://h/db?pwd=***"),
        ("postgresql://h/db?password=two words;x", "postgresql://h/db?password=***"),
        ("postgresql://h/db?options=-cx.token=x", "postgresql://h/db?options=***"),
        ("postgresql://h/db?a=1&p%61ssword=x", "postgresql://h/db?a=1&p%61ssword=***"),
        ("postgresql://h/db?a=1;password=x&b=2", "postgresql://h/db?a=1;password=***&b=2"),
        ("postgresql://h/db?API_TOKEN=x&b=2", "postgresql://h/db?API_TOKEN=***&b=2"),
        ("postgresql://u:p@ss@h/db", "postgresql://u:***@h/db"),
        ("postgresql://u:p@h/db?pwd=a@b&x=1", "postgresql://u:***"),
        ("postgresql:/u:p@h/db", "postgresql:***@h/db"),
        ("postgresql:/h/db?password=two words", "postgresql:/h/db?password=***"),
        ("postgresql:/h/db?a=1&pwd=x&b=2", "postgresql:/h/db?a=1&pwd=***&b=2"),
        pytest.param("a=" * 50_000, "a=" * 50_000, id="many"),
        ("host=h password=x dbname=d", "host=h password=*** dbname=d"),
        ("host=h password = 'x y' dbname=d", "host=h password = *** dbname=d"),
        (r"host=h password='x\' y' dbname=d", "host=h password=*** dbname=d"),
        (r"host=h password=x\ y dbname=d", "host=h password=*** dbname=d"),
        ("host=h password='x y", "host=h password=***"),
        ("host=h password=a://b@c dbname=d", "host=h password=*** dbname=d"),
        ("https://u:p@h.io:8080/uuid/start?x#y", "https://h.io:8080/***"),
        ("HTTP://h?key", "HTTP://h/***"),
        ("/home/me/futures.db", "/home/me/futures.db"),
        ("sqlite:////home/me/futures.db", "sqlite:////home/me/futures.db"),
    ],
)
def test_passwords_and_secret_parameters_are_masked_and_the_rest_is_kept(
    url: str, masked: str | None
) -> None:
    expected = masked or "postgresql://u:***@h/db?password=***&sslmode=require"

    assert mask_url(url) == expected
    assert url_has_secret(url) == (expected != url)


@given(password=MESSY, tail=st.sampled_from(["", "/db", "/db?sslmode=require", ":5432/db"]))
def test_no_part_of_any_password_before_the_host_survives(password: str, tail: str) -> None:
    assert HIDDEN not in mask_url(f"postgresql://user:{password}@host{tail}")


@given(
    key=SPELT_KEYS,
    before=st.sampled_from(["", "a=1&", "user=me;", "a=1?", "a=b="]),
    value=st.text(alphabet="ab@/:?#%[]+='é ;\\", max_size=8),
    where=st.sampled_from(["postgresql://host/db?", "postgresql:/host/db?", "host/db?"]),
)
def test_no_value_of_a_secret_parameter_survives(
    key: str, before: str, value: str, where: str
) -> None:
    assert HIDDEN not in mask_url(f"{where}{before}{key}={HIDDEN}{value}{HIDDEN}")


@given(key=SPELT_KEYS, value=MESSY, quotes=st.booleans(), gap=st.sampled_from(["", " "]))
def test_no_secret_of_a_list_of_keywords_survives(
    key: str, value: str, *, quotes: bool, gap: str
) -> None:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace(" ", "\\ ")
    written = f"'{escaped}'" if quotes else escaped

    assert HIDDEN not in mask_url(f"host=h {key}{gap}={gap}{written} dbname=d")


@given(password=MESSY, key=KEYS, encode=st.sampled_from([quote, quote_plus]))
def test_a_server_never_shows_its_secrets(
    password: str, key: str, encode: Callable[..., str]
) -> None:
    encoded = encode(password, safe="")
    url = f"postgres://me:{quote(password, safe='')}@h/db?x=1&{key}={encoded}"

    server = parse_database(url).server

    assert server is not None
    assert server.shown == f"postgresql://me:***@h/db?x=1&{key}=***"
    assert HIDDEN not in repr(server)
    assert server.secrets >= {password, encoded}


@given(
    account=st.tuples(st.text(min_size=1), st.text(min_size=1)),
    where=st.sampled_from(["h", "db.example:5432", "[::1]", "[::1]:65535", ""]),
    name=st.text(min_size=1),
    query=st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), max_size=3),
)
def test_a_url_is_read_as_sqlalchemy_reads_it(
    account: tuple[str, str], where: str, name: str, query: list[tuple[str, str]]
) -> None:
    user, password, path = (quote(text, safe="", errors="replace") for text in (*account, name))
    parameters = urlencode(query, errors="replace")
    url = f"postgresql://{user}:{password}@{where}/{path}?{parameters}"

    server, expected = parse_database(url).server, make_url(url)

    assert server is not None
    assert (server.user, server.password) == (expected.username, expected.password)
    assert (server.host, server.port) == (expected.host, expected.port)
    assert server.name == expected.database
    assert locate_database(url).url == expected.set(drivername=POSTGRES_DRIVER)


@one_case("text", [":memory:", "sqlite:///:memory:", "SQLite+pysqlite:///:memory:"])
def test_memory_is_neither_a_file_nor_a_server(text: str) -> None:
    assert parse_database(text) == DatabaseAddress()
    assert mask_url(text) == text


@one_case(
    ("text", "file"),
    [
        ("futures.db", "futures.db"),
        ("sqlite:///futures.db", "futures.db"),
        ("sqlite:////var/futures.db", "/var/futures.db"),
        ("/var/a:b@c.db", "/var/a:b@c.db"),
    ],
)
def test_a_file_is_given_as_it_is_written(text: str, file: str) -> None:
    assert parse_database(text) == DatabaseAddress(file=file)
