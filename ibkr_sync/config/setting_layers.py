"""Valid values with the place where each was set, and problems for the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from ibkr_sync.config.config_files import ConfigDocument
from ibkr_sync.config.database_paths import PathContext
from ibkr_sync.config.overrides import Override
from ibkr_sync.config.table_validation import TableValidation
from ibkr_sync.config.toml_keys import (
    TomlKey,
    toml_key_text,
    toml_keys,
    written_toml_key,
)
from ibkr_sync.domain.errors import ConfigProblem

# The only override that no shared table has; the name of the profile doesn't matter here.
_SOURCE: TomlKey = ("source",)
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

    def place(key: TomlKey) -> SettingPlace:
        return SettingPlace(document=document, key=written_toml_key(key, written))

    validation = TableValidation(context)
    validation.read(document.table)
    return ValidatedLayer(
        settings={
            key: Setting(value=value, place=place(key)) for key, value in validation.values.items()
        },
        problems=tuple(
            place(finding.key).problem(finding.message, finding.suggestion)
            for finding in validation.findings
        ),
    )


def validate_override_layer(overrides: Iterable[Override], context: PathContext) -> ValidatedLayer:
    """Validate what the environment and the command line set; of two, the later wins."""
    settings: dict[TomlKey, Setting] = {}
    problems: list[ConfigProblem] = []
    for override in overrides:
        place = SettingPlace(source=override.source, name=override.name)
        path = _IN_PROFILE if override.key == _SOURCE else override.key
        table: object = override.value
        for name in reversed(path):
            table = {name: table}
        validation = TableValidation(context)
        validation.read(table)
        problems += (
            place.problem(finding.message, finding.suggestion) for finding in validation.findings
        )
        if path in validation.values:
            settings[override.key] = Setting(value=validation.values[path], place=place)
    return ValidatedLayer(settings=settings, problems=tuple(problems))
