"""Which value of each setting counts, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ibkr_sync.config.config_files import ConfigFolders
from ibkr_sync.config.overrides import DATABASE_LOCATION
from ibkr_sync.config.safe_text import safe_text
from ibkr_sync.config.setting_layers import Layer, Setting, SettingPlace
from ibkr_sync.config.setting_types import retention_span
from ibkr_sync.config.settings import (
    SHIPPED_PROFILES,
    CatalogueSettings,
    ConfigTable,
    DatabaseSettings,
    GatewaySettings,
    LogSettings,
    NotifySettings,
    OutputSettings,
    ProfileSettings,
    Settings,
    field_names,
)
from ibkr_sync.config.toml_keys import TomlKey, toml_key_text
from ibkr_sync.domain.databases.database_url import MASK, mask_url
from ibkr_sync.domain.errors import ConfigProblem

DATABASE_FILE = "futures.db"
SAMPLE_DATABASE_FILE = "demo.db"

# What a replay gateway decides itself.
REPLAYED_KEYS: frozenset[TomlKey] = frozenset({("gateway", "host"), ("gateway", "port")})

_PROFILE: TomlKey = ("profile",)
_KEEP_RAW_REPLIES: TomlKey = ("database", "keep_raw_replies")
_CATALOGUE: TomlKey = ("catalogue",)
_SOURCE: TomlKey = ("source",)
_REPLAY: TomlKey = ("replay",)
_PROFILE_KEYS: tuple[TomlKey, ...] = (
    _SOURCE,
    _REPLAY,
    *(("database", name) for name in field_names(DatabaseSettings)),
    *(("gateway", name) for name in field_names(GatewaySettings)),
)
_COMMON_KEYS: tuple[TomlKey, ...] = (
    _CATALOGUE,
    *(("output", name) for name in field_names(OutputSettings)),
    *(("log", name) for name in field_names(LogSettings)),
    *(("notify", name) for name in field_names(NotifySettings)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedSetting:
    """A setting as `config show` prints it: safe to show, with secrets masked.

    `value` is None for what is not set; `where` is an option, a variable, FILE:LINE or
    `default`.
    """

    key: str
    value: str | None
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """The settings, where each came from, and what deserves a warning."""

    settings: Settings
    warnings: tuple[ConfigProblem, ...]
    values: Layer = field(repr=False)

    def explain(self) -> tuple[ResolvedSetting, ...]:
        """Give each setting in use, its value and where it was set."""
        return tuple(
            ResolvedSetting(
                key=toml_key_text(_written(key, setting.place)),
                value=_explained(key, setting.value),
                where=str(setting.place),
            )
            for key, setting in self.values.items()
        )


def resolve_settings(
    files: Layer, overrides: Layer, folders: ConfigFolders, warnings: tuple[ConfigProblem, ...]
) -> LoadedSettings:
    """Build the settings from valid values.

    `files` has the keys of a config file, `overrides` those of the profile in use.
    """
    profile = resolve_profile(files, overrides)
    defined = {key[1] for key in files if key[0] == "profiles"}
    profiles = {
        name: _profile_values(name, files, overrides if name == profile.value else {}, folders)
        for name in (*SHIPPED_PROFILES, *sorted(defined - SHIPPED_PROFILES.keys()))
    }
    common = {key: overrides.get(key) or files.get(key) or _default(key) for key in _COMMON_KEYS}
    catalogue = common[_CATALOGUE].value
    settings = Settings(
        profile=profile.value,
        profiles=MappingProxyType(
            {name: _profile_settings(values, catalogue) for name, values in profiles.items()}
        ),
        output=OutputSettings(**_table(common, "output")),
        log=LogSettings(**_table(common, "log")),
        notify=NotifySettings(**_table(common, "notify")),
    )
    active = profiles[profile.value]
    return LoadedSettings(
        settings=settings, warnings=warnings, values={_PROFILE: profile} | active | common
    )


def resolve_profile(files: Layer, overrides: Layer) -> Setting:
    """Give the name of the profile in use, which may turn out not to exist."""
    return overrides.get(_PROFILE) or files.get(_PROFILE) or _default(_PROFILE)


def _profile_values(
    name: str, files: Layer, overrides: Layer, folders: ConfigFolders
) -> dict[TomlKey, Setting]:
    shipped = _shipped(name)
    replay = files.get(("profiles", name, *_REPLAY)) or shipped.get(_REPLAY) or _default(_REPLAY)
    found = {}
    for key in _PROFILE_KEYS:
        own = files.get(("profiles", name, *key)) or shipped.get(key)
        shared = files.get(key)
        if replay.value and key in REPLAYED_KEYS:
            continue
        if replay.value and key == DATABASE_LOCATION:
            shared = None  # sample data stays apart unless someone asks for it by name
        found[key] = overrides.get(key) or own or shared or _default(key)
    if found[DATABASE_LOCATION].value is None:
        file = SAMPLE_DATABASE_FILE if replay.value else DATABASE_FILE
        found[DATABASE_LOCATION] = Setting(
            value=str(folders.data / file), place=found[DATABASE_LOCATION].place
        )
    return found


def _profile_settings(values: Layer, catalogue: tuple[CatalogueSettings, ...]) -> ProfileSettings:
    return ProfileSettings(
        source=values[_SOURCE].value,
        replay=values[_REPLAY].value,
        database=values[DATABASE_LOCATION].value,
        gateway=GatewaySettings(**_table(values, "gateway")),
        catalogue=catalogue,
        keep_raw_replies=retention_span(values[_KEEP_RAW_REPLIES].value),
    )


def _table(values: Layer, name: str) -> dict[str, Any]:
    return {key[-1]: setting.value for key, setting in values.items() if key[:-1] == (name,)}


def _shipped(name: str) -> dict[TomlKey, Setting]:
    profile = SHIPPED_PROFILES.get(name)
    if profile is None:
        return {}
    values = {_SOURCE: profile.source, _REPLAY: profile.replay}
    return {
        key: Setting(value=value, place=SettingPlace())
        for key, value in values.items()
        if value is not None
    }


def _default(key: TomlKey) -> Setting:
    value: Any = ConfigTable()
    for name in key:
        value = getattr(value, name, None)
    return Setting(value=value, place=SettingPlace())


def _written(key: TomlKey, place: SettingPlace) -> TomlKey:
    """The key, or the table's if that was set by a single value."""
    is_whole = place.key[-1:] in ((), key[-1:])
    return key if is_whole else key[:-1]


def _explained(key: TomlKey, value: object) -> str | None:
    if value is None or value == ():
        return None
    if isinstance(value, tuple) and key == _CATALOGUE:
        return f"products: {len(value)}"
    if isinstance(value, tuple):  # a command, whose arguments may hold secrets
        return safe_text(" ".join((value[0], *[MASK] * (len(value) > 1))))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return safe_text(mask_url(str(value)))
