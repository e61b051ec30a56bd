"""Names that are stored: a glance into the settings and the SQLite database, which never fails.

It finds the database as the settings do, as far as that takes no library: what it can't read
it has no names of.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

_MOST: Final = 200
_SECONDS: Final = 0.05
_SHIPPED_PROFILES: Final = {"local": "futures.db", "ibkr": "futures.db", "demo": "demo.db"}
_STATEMENTS: Final = {
    "symbol": """
        SELECT symbol FROM products WHERE symbol LIKE :begins
        UNION SELECT trading_class FROM products WHERE trading_class LIKE :begins
        UNION SELECT local_symbol FROM contracts
        WHERE :any AND local_symbol LIKE :begins AND delisted_at IS NULL
            AND (ends_at IS NULL OR ends_at > CURRENT_TIMESTAMP)
        UNION SELECT word FROM pins WHERE word LIKE :begins LIMIT :most""",
    "exchange": "SELECT DISTINCT exchange FROM products ORDER BY 1",
    "class": "SELECT DISTINCT trading_class FROM products ORDER BY 1 LIMIT :most",
    "group": "SELECT DISTINCT watch_group FROM watchlist WHERE watch_group > '' ORDER BY 1",
    "run": "SELECT id FROM sync_runs ORDER BY id DESC LIMIT 20",
    "pin": "SELECT word FROM pins ORDER BY 1 LIMIT :most",
    "watched": "SELECT DISTINCT symbol FROM watchlist ORDER BY 1 LIMIT :most",
}


def stored_names(
    kind: str, beginning: str, given: Mapping[str, str], environ: Mapping[str, str]
) -> list[str]:
    """The names of a kind that begin so; `given` are the options that stand before, by name."""
    try:
        documents = list(_documents(given, environ))
        if kind == "profile":
            own = (document.get("profiles", {}) for document in documents)
            return [*dict.fromkeys((*_SHIPPED_PROFILES, *(name for some in own for name in some)))]
        if kind not in _STATEMENTS:
            return []
        names = _query(_database(given, environ, documents), _STATEMENTS[kind], beginning)
        return [other for other in names if _is_plain(other)]
    except (OSError, ValueError, AttributeError, TypeError, sqlite3.Error):
        return []


def _query(database: Path, statement: str, beginning: str) -> list[str]:
    escaped = "".join(text for text in beginning if text not in "%_")
    values = {"begins": f"{escaped}%", "any": bool(beginning), "most": _MOST}
    address = f"file:{quote(str(database))}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=_SECONDS)) as connection:
        return [str(name) for (name,) in connection.execute(statement, values)]


def _is_plain(name: str) -> bool:
    """Whether a shell takes a name as it stands: a script hands it to `eval`."""
    return name.isascii() and all(text.isalnum() or text in "._@+-" for text in name)


def _documents(given: Mapping[str, str], environ: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """The config files that there are, the one that wins first."""
    named = given.get("--config") or environ.get("IBKR_SYNC_CONFIG")
    own = _user_folder("XDG_CONFIG_HOME", ".config", environ) / "config.toml"
    for path in (Path.cwd() / named,) if named else (Path.cwd() / "ibkr-sync.toml", own):
        if path.is_file():
            import tomllib  # most have no file

            document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
            yield {**document, "": path.parent}


def _database(
    given: Mapping[str, str],
    environ: Mapping[str, str],
    documents: Iterable[Mapping[str, Any]],
) -> Path:
    """The file of the profile in use; raises ValueError for a server."""
    explicit = given.get("--database") or environ.get("IBKR_SYNC_DATABASE")
    if explicit:
        return _file(explicit, Path.cwd())
    set_by = [other["profile"] for other in documents if "profile" in other]
    asked = given.get("-p") or given.get("--profile") or environ.get("IBKR_SYNC_PROFILE")
    profile = asked or (set_by[0] if set_by else "local")
    for table in (("profiles", profile, "database"), ("database",)):
        if table == ("database",) and profile == "demo":
            continue  # a replayed profile takes nothing that is shared
        for document in documents:
            location = _location(document, table)
            if location:
                return _file(location, document[""])
    data = _user_folder("XDG_DATA_HOME", ".local/share", environ)
    return data / _SHIPPED_PROFILES.get(profile, "futures.db")


def _location(document: Mapping[str, Any], keys: Iterable[str]) -> str | None:
    value: Any = document
    for key in keys:
        value = value.get(key, {})
    found = value.get("location") if isinstance(value, dict) else value
    return found if isinstance(found, str) else None


def _file(location: str, folder: Path) -> Path:
    path = location.removeprefix("sqlite:///")
    if "://" in path:
        raise ValueError("names of a server's database are not looked up")
    return folder / Path(path).expanduser()


def _user_folder(variable: str, usual: str, environ: Mapping[str, str]) -> Path:
    """As platformdirs has it, which takes longer to load than all else here."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "ibkr-sync"
    return Path(environ.get(variable) or Path("~", usual).expanduser()) / "ibkr-sync"
