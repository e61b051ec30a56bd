"""Whatever stands in the files and the environment: settings come of it, or a ConfigError."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.config.config_files import ConfigFolders
from ibkr_sync.config.loading import load_settings
from ibkr_sync.config.settings import (
    CatalogueSettings,
    ConfigTable,
    DatabaseSettings,
    GatewaySettings,
    LogSettings,
    OutputSettings,
    ProfileSettingsTable,
    field_names,
)
from ibkr_sync.domain.errors import ConfigError

KNOWN = sorted(
    {
        name
        for table in (
            *(ConfigTable, ProfileSettingsTable, DatabaseSettings, GatewaySettings),
            *(OutputSettings, LogSettings, CatalogueSettings),
        )
        for name in field_names(table)
    }
    | {"local", "ibkr", "demo", "live", "[key]"}
)
VARIABLES = [
    *(f"IBKR_SYNC_{name}" for name in ("PROFILE", "CONFIG", "DATABASE", "HOST", "PORT")),
    *("IBKR_SYNC_CLIENT_ID", "IBKR_SYNC_LOG_FILE", "IBKR_HOST", "IBKR_PORT", "IBKR_CLIENT_ID"),
    *("HOME", "IBKR_SYNC_PROT"),
]
WORDS = st.sampled_from(
    ["", "ibkr", "sample", "json", "text", "a.db", "~", "~/x", "file:x", "postgresql://u:p@h/d"]
)
SPANS = st.sampled_from(["", "forever", "90d", "12w", "0d", "-1d", "9999999999d", "1_0d", "٣d"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | WORDS
KEYS = st.sampled_from(KNOWN) | TEXTS
SCALARS = (
    st.integers() | st.floats() | st.booleans() | TEXTS | st.datetimes() | st.dates() | st.times()
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
DATABASES = DOCUMENTS | st.fixed_dictionaries(
    {}, optional={"location": WORDS | DOCUMENTS, "keep_raw_replies": SPANS | DOCUMENTS}
)
# Of the right shape, so that values are reached.
TABLES = st.fixed_dictionaries(
    {},
    optional={
        "profile": DOCUMENTS,
        "database": DATABASES,
        "catalogue": st.lists(
            st.dictionaries(st.sampled_from(field_names(CatalogueSettings)), DOCUMENTS) | DOCUMENTS,
            max_size=3,
        ),
        "gateway": st.dictionaries(st.sampled_from(field_names(GatewaySettings)), DOCUMENTS),
        "output": st.dictionaries(st.just("format") | KEYS, DOCUMENTS, max_size=2),
        "log": st.dictionaries(st.sampled_from(["file", "format"]) | KEYS, DOCUMENTS, max_size=2),
        "profiles": st.dictionaries(
            KEYS,
            st.dictionaries(st.sampled_from(field_names(ProfileSettingsTable)), DOCUMENTS)
            | st.fixed_dictionaries(
                {
                    "database": DATABASES,
                    "gateway": st.dictionaries(KEYS, DOCUMENTS, max_size=3),
                    "source": WORDS,
                }
            ),
            max_size=3,
        ),
    },
)


def toml(value: object) -> str:
    match value:
        case dict():
            inner = ", ".join(f"{toml(name)} = {toml(item)}" for name, item in value.items())
            return f"{{{inner}}}"
        case list():
            return f"[{', '.join(toml(item) for item in value)}]"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case bool() | int():
            return json.dumps(value)
        case float():
            return repr(value)
        case _:
            return str(value.isoformat())  # type: ignore[attr-defined]


def load(content: bytes, environ: dict[str, str]) -> None:
    """Load, and use what comes of it as commands do."""
    with tempfile.TemporaryDirectory() as folder:
        cwd = Path(folder)
        (cwd / "ibkr-sync.toml").write_bytes(content)
        try:
            loaded = load_settings({}, environ, cwd, ConfigFolders(config=cwd, data=cwd))
        except ConfigError as error:
            shown = [str(problem) for problem in error.problems]
        else:
            shown = [f"{row.key} {row.value} {row.where}" for row in loaded.explain()]
    assert shown
    assert all(text.isprintable() for text in shown)


@given(st.dictionaries(KEYS, DOCUMENTS, max_size=5) | TABLES)
def test_any_toml_document_gives_settings_or_a_config_error(table: dict[str, object]) -> None:
    content = "\n".join(f"{toml(name)} = {toml(value)}" for name, value in table.items())

    load(content.encode(), {})


@given(st.binary() | TEXTS.map(str.encode))
def test_any_bytes_in_a_file_give_settings_or_a_config_error(content: bytes) -> None:
    load(content, {})


@given(
    st.dictionaries(
        st.sampled_from(VARIABLES),
        st.text(st.characters(exclude_characters="\0")) | WORDS | st.integers().map(str),
    )
)
def test_any_environment_gives_settings_or_a_config_error(environ: dict[str, str]) -> None:
    load(b"", environ)
