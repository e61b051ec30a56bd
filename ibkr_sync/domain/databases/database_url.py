"""Which database a text names, and what of the text may be shown.

A file, SQLite in memory (`:memory:`), or a PostgreSQL URL. Nothing is opened or resolved here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_plus

MASK = "***"
MEMORY = ":memory:"

_SQLITE_SCHEMES = frozenset({"sqlite", "sqlite+pysqlite"})
_POSTGRES_SCHEMES = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
_WEB_SCHEMES = frozenset({"http", "https"})
_WEB_HOST = re.compile(r"^[^/?#]*@|[/?#].*$", re.DOTALL)
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)", re.DOTALL)
_BROKEN_SCHEME = re.compile(r"(sqlite|postgres|postgresql)(\+\w+)?(:|//)", re.IGNORECASE)
_CREDENTIALS = re.compile(r"[^/]*:.*@", re.DOTALL)
_KEYWORDS = re.compile(
    r"(^|\s)(host|hostaddr|port|dbname|user|password|service)\s*=", re.IGNORECASE
)
_POSTGRES = re.compile(
    r"((?P<user>[^:/@?]*)(:(?P<password>[^@]*))?@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:/@?\[\]\s]*)"
    r"(:(?P<port>[^/@?]*))?"
    r"(/(?P<name>[^/?]*))?"
    r"(\?(?P<query>.*))?"
)
_MAX_PORT = 65535

_SECRET_KEY = re.compile(r"pass|pw|secret|token|key|cred|options", re.IGNORECASE)
"""Names of parameters that hold secrets; `options` may set any other parameter."""

_QUOTED = r"(?:'(?:\\.|[^'\\])*(?:'|\\?\Z))?"
_QUERY = re.compile(r"[^=\s]*\?")
_QUERY_KEY = re.compile(r"([^?&=]+)=")
_QUERY_VALUE = re.compile(_QUOTED + r"[^&]*", re.DOTALL)
_KEYWORD = re.compile(r"([^?&;\s=]+)\s*=\s*")
_KEYWORD_VALUE = re.compile(_QUOTED + r"(?:\\.|[^\\])*?(?=\s+[^\s=]+\s*=|\\?\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseServer:
    """A PostgreSQL server and database, as its URL names them, decoded; None is not named.

    Attributes:
        shown: the URL with its secrets masked, whatever PostgreSQL's scheme was written.
        query: the parameters in their order; a name may come twice.
    """

    shown: str
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    host: str | None = field(default=None, repr=False)
    port: int | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def secrets(self) -> frozenset[str]:
        """What no message may repeat: each secret as it is, and URL-quoted in either way."""
        hidden = [self.password, *(value for key, value in self.query if _is_secret(key))]
        return frozenset(
            form
            for secret in hidden
            if secret
            for form in (secret, quote(secret, safe=""), quote_plus(secret))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseAddress:
    """A file by its path as written, or a server; SQLite in memory when both are None."""

    file: str | None = None
    server: DatabaseServer | None = None


def parse_database(text: str) -> DatabaseAddress:
    """Read a file's path, `:memory:`, or a URL of SQLite or PostgreSQL.

    `sqlite:///name` is relative and `sqlite:////name` absolute. Raises ValueError, saying what is
    wrong without repeating the text, which may hold secrets.
    """
    if text == MEMORY:
        return DatabaseAddress()
    url = _SCHEME.fullmatch(text)
    if url is None:
        if _BROKEN_SCHEME.match(text):
            raise ValueError("after the scheme of a URL comes ://")
        if _KEYWORDS.search(text) or _CREDENTIALS.match(text):
            raise ValueError("write it as postgresql://USER@HOST:PORT/NAME")
        return DatabaseAddress(file=text)
    scheme = url["scheme"].lower()
    if scheme in _SQLITE_SCHEMES:
        return _sqlite(url["rest"])
    if scheme in _POSTGRES_SCHEMES:
        return DatabaseAddress(server=_server(url["rest"]))
    if scheme.startswith(("postgres", "sqlite")):
        raise ValueError("leave the driver out: postgresql:// or sqlite:///")
    raise ValueError("only SQLite and PostgreSQL are supported")


def mask_url(text: str) -> str:
    """Replace the secrets in a database URL, or in what was meant as one, by `***`.

    Of a web address nothing but the host is shown, as its path may be all that a service asks for.

    Masked are the password before the @ and the value of every parameter whose name holds
    pass, pw, secret, token, key or cred, or is options, percent-encoded or not. A password may
    hold any character, even an unencoded @, / or ?, so everything from the first colon after the
    scheme to the last @ counts as the password: rather too much is masked than too little.
    """
    url = _SCHEME.fullmatch(text)
    if url and url["scheme"].lower() in _WEB_SCHEMES:
        return f"{url['scheme']}://{_WEB_HOST.sub('', url['rest'])}/{MASK}"
    scheme, rest = (f"{url['scheme']}://", url["rest"]) if url else ("", text)
    is_url = url is not None or _QUERY.match(text) is not None
    key, value = (_QUERY_KEY, _QUERY_VALUE) if is_url else (_KEYWORD, _KEYWORD_VALUE)
    before, at, after = rest.rpartition("@")
    user, colon, password = before.partition(":")
    if at and colon:
        # The last @ may be part of a parameter's secret, which then goes on behind it.
        is_within_value = any(map(_is_secret, key.findall(password)))
        rest = f"{user}:{MASK}" if is_within_value else f"{user}:{MASK}@{after}"
    return scheme + "".join(_masked_parameters(rest, key, value))


def url_has_secret(text: str) -> bool:
    """Whether `mask_url` hides something in the text."""
    return mask_url(text) != text


def _sqlite(rest: str) -> DatabaseAddress:
    host, slash, path = rest.partition("/")
    if host or not slash or path.startswith("file:"):
        raise ValueError("a SQLite URL is sqlite:///FILE")
    if "?" in path:
        raise ValueError("a SQLite URL takes no parameters here")
    return DatabaseAddress(file=None if path == MEMORY else path)


def _server(rest: str) -> DatabaseServer:
    parts = _POSTGRES.fullmatch(rest)
    if parts is None:
        raise ValueError(
            "write it as postgresql://USER:PASSWORD@HOST:PORT/NAME,"
            " with an @ in the password as %40"
        )
    port = parts["port"]
    if port is not None and not (re.fullmatch("[0-9]{1,5}", port) and 1 <= int(port) <= _MAX_PORT):
        raise ValueError(f"its port must be from 1 to {_MAX_PORT}")
    user, password, name = (
        None if parts[part] is None else unquote(parts[part])
        for part in ("user", "password", "name")
    )
    return DatabaseServer(
        shown=mask_url(f"postgresql://{rest}"),
        user=user,
        password=password,
        host=parts["host"].strip("[]") or None,
        port=None if port is None else int(port),
        name=name,
        query=tuple(parse_qsl(parts["query"] or "")),
    )


def _is_secret(key: str) -> bool:
    decoded = unquote_plus(key)
    while decoded != key:
        key, decoded = decoded, unquote_plus(decoded)
    return _SECRET_KEY.search(key) is not None


def _masked_parameters(text: str, key: re.Pattern[str], value: re.Pattern[str]) -> Iterator[str]:
    """The parts of the text; the value of a key that is no secret may hold further keys."""
    position = 0
    while found := key.search(text, position):
        yield text[position : found.end()]
        position = found.end()
        secret = value.match(text, position) if _is_secret(found[1]) else None
        if secret and secret[0]:
            yield MASK
            position = secret.end()
    yield text[position:]
