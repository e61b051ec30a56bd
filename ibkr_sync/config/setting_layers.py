"""Valid values with the place where each was set, and problems for the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import ValidationError

from ibkr_sync.config.config_files import ConfigDocument
from ibkr_sync.config.database_paths import PathContext
from ibkr_sync.config.overrides import Override
from ibkr_sync.config.settings import ConfigTable
from ibkr_sync.config.toml_keys import (
    TomlKey,
    toml_key_text,
    toml_keys,
    toml_position,
    written_toml_key,
)
from ibkr_sync.config.validation_findings import Finding, findings
from ibkr_sync.domain.errors import ConfigProblem

# The only override that no shared table has; the name of the profile doesn't matter here.
_IN_PROFILE: TomlKey = ("profiles", "any", "source")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingPlace:
    """Where a value was set: a key in a file, or an option or variable by its name."""

    source: str = "default"
    name: str = ""
    document: ConfigDocument | None = field(default=None, repr=False)
    key: TomlKey = ()

    def __str__(self) -> str:
        if self.document:
            return self.document.place(self.key)
        return self.name or self.source

    def problem(self, message: str, suggestion: str | None = None) -> ConfigProblem:
        """Say what is wrong with the value set here."""
        return ConfigProblem(
            source=str(self) if self.document else self.source,
            key=toml_key_text(self.key) if self.document else self.name,
            message=message,
            suggestion=suggestion,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A valid value, and where it was set."""

    value: Any = field(repr=False)
    place: SettingPlace


Layer: TypeAlias = Mapping[TomlKey, Setting]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatedLayer:
    """The valid settings of one layer, and what is wrong with the others."""

    settings: Layer
    problems: tuple[ConfigProblem, ...]


def validate_document_layer(document: ConfigDocument, home: Path | None) -> ValidatedLayer:
    """Validate a config file, whose paths are relative to its folder."""
    context = PathContext(folder=document.path.parent, home=home, empty_is_default=True)
    written = frozenset(toml_keys(document.table))
    found: tuple[Finding, ...] = ()
    try:
        table = ConfigTable.model_validate(document.table, context=context)
    except ValidationError as error:
        found = tuple(
            replace(finding, key=written_toml_key(finding.key, written))
            for finding in findings(error)
        )
        valid = _without(document.table, frozenset(finding.key for finding in found))
        table = ConfigTable.model_validate(valid, context=context)
    return ValidatedLayer(
        settings={
            key: Setting(
                value=value,
                place=SettingPlace(document=document, key=written_toml_key(key, written)),
            )
            for key, value in _flat(table.model_dump(exclude_unset=True))
        },
        problems=tuple(
            SettingPlace(document=document, key=finding.key).problem(
                finding.message, finding.suggestion
            )
            for finding in found
        ),
    )


def validate_override_layer(overrides: Iterable[Override], context: PathContext) -> ValidatedLayer:
    """Validate what the environment and the command line set; of two, the later wins."""
    settings: dict[TomlKey, Setting] = {}
    problems: list[ConfigProblem] = []
    for override in overrides:
        place = SettingPlace(source=override.source, name=override.name)
        path = override.key if override.key[0] in ConfigTable.model_fields else _IN_PROFILE
        table: object = override.value
        for name in reversed(path):
            table = {name: table}
        try:
            valid = ConfigTable.model_validate(table, context=context)
        except ValidationError as error:
            problems += (
                place.problem(finding.message, finding.suggestion) for finding in findings(error)
            )
            continue
        value = dict(_flat(valid.model_dump(exclude_unset=True)))[path]
        settings[override.key] = Setting(value=value, place=place)
    return ValidatedLayer(settings=settings, problems=tuple(problems))


def _flat(table: Mapping[str, object], above: TomlKey = ()) -> Iterator[tuple[TomlKey, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, (*above, name))
        else:
            yield (*above, name), value


def _without(
    table: Mapping[str, object], keys: frozenset[TomlKey], above: TomlKey = ()
) -> dict[str, object]:
    """The table without those keys; of a list, the elements that none of them lies in."""
    return {
        name: _rest(value, keys, (*above, name))
        for name, value in table.items()
        if (*above, name) not in keys
    }


def _rest(value: object, keys: frozenset[TomlKey], above: TomlKey) -> object:
    if isinstance(value, dict):
        return _without(value, keys, above)
    if isinstance(value, list):
        wrong = {key[len(above)] for key in keys if key[:-1][: len(above)] == above}
        return [other for index, other in enumerate(value) if toml_position(index) not in wrong]
    return value
