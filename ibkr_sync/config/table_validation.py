"""What is valid in a config table, and what is wrong with the rest, with suggestions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any

from ibkr_sync.config.database_paths import PathContext
from ibkr_sync.config.safe_text import safe_value_text
from ibkr_sync.config.setting_types import PROFILE_NAME, PROFILE_NAME_PATTERN, SettingType
from ibkr_sync.config.settings import (
    TYPE,
    CatalogueSettings,
    ConfigTable,
    DatabaseSettings,
    GatewaySettings,
    LogSettings,
    NotifySettings,
    OutputSettings,
    ProfileSettingsTable,
    field_names,
)
from ibkr_sync.config.toml_keys import TomlKey, toml_position

_TABLES: Mapping[str, type] = {
    "[database]": DatabaseSettings,
    "[gateway]": GatewaySettings,
    "[output]": OutputSettings,
    "[log]": LogSettings,
    "[notify]": NotifySettings,
    "[profiles.NAME]": ProfileSettingsTable,
    "[[catalogue]]": CatalogueSettings,
}

_SECRET: TomlKey = ("notify", "ping_url")
"""What is secret as a whole, whatever it looks like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong with the value of a key, wherever it came from; no secret is repeated."""

    key: TomlKey
    message: str
    suggestion: str | None = None


class TableValidation:
    """What is valid in tables that are read one after the other, by key, and what is wrong."""

    def __init__(self, paths: PathContext) -> None:
        self._paths = paths
        self.values: dict[TomlKey, Any] = {}
        self.findings: list[Finding] = []

    def read(self, table: object, kind: type = ConfigTable, key: TomlKey = ()) -> None:
        """Read a table as the settings of a kind; `key` is where it lies."""
        if kind is DatabaseSettings and not isinstance(table, dict):
            table = {"location": table}  # a text is the location alone
        if not isinstance(table, dict):
            self._find(key, f"must be a table, not {safe_value_text(table)}")
            return
        known = {setting.name: setting for setting in fields(kind)}
        for name, setting in known.items():
            if name in table:
                self._read_setting(table[name], setting, (*key, name))
            elif setting.default is MISSING and setting.default_factory is MISSING:
                self._find(key, f"{name} is missing")
        for name in table:
            if name not in known:
                suggestion = _suggest_key(name, known)
                self._find((*key, name), "there is no such setting", suggestion)

    def _read_setting(self, value: object, setting: Field[Any], key: TomlKey) -> None:
        kind = setting.metadata.get(TYPE)
        if isinstance(kind, SettingType):
            try:
                self.values[key] = kind.read(value, self._paths)
            except ValueError as error:
                self.findings.append(_wrong_value(key, value, kind, str(error)))
        elif setting.name == "catalogue":
            self._read_catalogue(value, key)
        elif setting.name == "profiles":
            self._read_profiles(value, key)
        else:
            self.read(value, type(setting.default), key)

    def _read_catalogue(self, value: object, key: TomlKey) -> None:
        if not isinstance(value, list):
            wanted = "tables of their own, each under [[catalogue]]"
            self._find(key, f"must be {wanted}, not {safe_value_text(value)}")
            return
        valid = []
        for index, entry in enumerate(value):
            inner = TableValidation(self._paths)
            inner.read(entry, CatalogueSettings, (*key, toml_position(index)))
            self.findings += inner.findings
            if not inner.findings:
                values = {place[-1]: value for place, value in inner.values.items()}
                valid.append(CatalogueSettings(**values))
        self.values[key] = tuple(valid)

    def _read_profiles(self, value: object, key: TomlKey) -> None:
        if not isinstance(value, dict):
            self._find(key, f"must be a table, not {safe_value_text(value)}")
            return
        for name, table in value.items():
            if re.fullmatch(PROFILE_NAME_PATTERN, name):
                self.read(table, ProfileSettingsTable, (*key, name))
            else:
                self._find((*key, name), f"a profile's name must be {PROFILE_NAME}")

    def _find(self, key: TomlKey, message: str, suggestion: str | None = None) -> None:
        self.findings.append(Finding(key=key, message=message, suggestion=suggestion))


def closest_choice(word: object, choices: Iterable[str]) -> str | None:
    """Suggest the choice that is spelled most like the word, if one is."""
    if not isinstance(word, str):
        return None
    from difflib import get_close_matches  # only where something is wrong

    for match in get_close_matches(word.lower(), choices, n=1):
        return f'did you mean "{match}"?'
    return None


def _wrong_value(key: TomlKey, value: object, kind: SettingType, reason: str) -> Finding:
    message = f"must be {kind.description}"
    is_list = reason and isinstance(value, list)  # whose parts are wrong
    if key != _SECRET and not is_list:
        message += f", not {safe_value_text(value)}"
    if reason:
        message += f": {reason}"
    return Finding(key=key, message=message, suggestion=closest_choice(value, kind.choices))


def _suggest_key(name: str, known: Iterable[str]) -> str | None:
    if suggestion := closest_choice(name, known):
        return suggestion
    for title, table in _TABLES.items():
        if name in field_names(table):
            return f"it belongs under {title}"
        if suggestion := closest_choice(name, field_names(table)):
            return f"{suggestion.rstrip('?')} under {title}?"
    return None
