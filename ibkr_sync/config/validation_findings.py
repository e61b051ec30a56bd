"""Validation errors put into our own short words, with suggestions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from ibkr_sync.config.safe_text import safe_value_text
from ibkr_sync.config.setting_types import FILE_SOURCE, PROFILE_NAME, SOURCES
from ibkr_sync.config.settings import (
    CatalogueSettings,
    ConfigTable,
    DatabaseSettings,
    GatewaySettings,
    LogSettings,
    NotifySettings,
    OutputSettings,
    ProfileSettingsTable,
)
from ibkr_sync.config.toml_keys import TomlKey, toml_position
from ibkr_sync.domain.entities.catalogue import ASSET_CLASS_OF_CATEGORY

_TABLES: Mapping[str, type[BaseModel]] = {
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
    """What is wrong with the value of a key, wherever it came from."""

    key: TomlKey
    message: str
    suggestion: str | None = None


def findings(error: ValidationError) -> Iterator[Finding]:
    """Describe each of the errors found in a config table; no secret is repeated."""
    for detail in error.errors(include_url=False):
        yield _describe(detail, tuple(_part(part) for part in detail["loc"]))


def finding_suggestion(word: object, choices: Iterable[str]) -> str | None:
    """Suggest the choice that is spelled most like the word, if one is."""
    if not isinstance(word, str):
        return None
    for match in get_close_matches(word.lower(), choices, n=1):
        return f'did you mean "{match}"?'
    return None


def _part(part: int | str) -> str:
    return part if isinstance(part, str) else toml_position(part)


def _describe(error: ErrorDetails, key: TomlKey) -> Finding:
    kind, value = error["type"], error["input"]
    if kind == "missing":
        return Finding(key=key[:-1], message=f"{key[-1]} is missing")
    if kind == "extra_forbidden":
        return Finding(key=key, message="there is no such setting", suggestion=_suggest_key(key))
    if key[-1] == "[key]":
        return Finding(key=key[:-1], message=f"a profile's name must be {PROFILE_NAME}")
    if kind in ("model_type", "dict_type"):
        return Finding(key=key, message=f"must be a table, not {safe_value_text(value)}")
    field = _table_at(key[:-1]).model_fields[key[-1]]
    message = f"must be {field.description}"
    is_list = kind == "value_error" and isinstance(value, list)  # whose parts are wrong
    if key != _SECRET and not is_list:
        message += f", not {safe_value_text(value)}"
    if kind == "value_error":
        message += f": {error['ctx']['error']}"
    return Finding(key=key, message=message, suggestion=finding_suggestion(value, _choices(field)))


def _suggest_key(key: TomlKey) -> str | None:
    name = key[-1]
    if suggestion := finding_suggestion(name, _table_at(key[:-1]).model_fields):
        return suggestion
    for title, table in _TABLES.items():
        if name in table.model_fields:
            return f"it belongs under {title}"
        if suggestion := finding_suggestion(name, table.model_fields):
            return f"{suggestion.rstrip('?')} under {title}?"
    return None


def _table_at(key: TomlKey) -> type[BaseModel]:
    match key:
        case ("profiles", _):
            return ProfileSettingsTable
        case ("catalogue", _):
            return CatalogueSettings
        case ("profiles", _, name) | (name,):
            return _TABLES.get(f"[{name}]", ConfigTable)
        case _:
            return ConfigTable


def _choices(field: FieldInfo) -> tuple[str, ...]:
    if field is ProfileSettingsTable.model_fields["source"]:
        return tuple(source for source in SOURCES if source != FILE_SOURCE)
    if field is CatalogueSettings.model_fields["category"]:
        return tuple(ASSET_CLASS_OF_CATEGORY)
    choices = get_args(field.annotation)
    nested = tuple(inner for choice in choices for inner in get_args(choice))
    return tuple(choice for choice in (*choices, *nested) if isinstance(choice, str))
