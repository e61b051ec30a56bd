"""From the command line, the environment and the config files to the settings in use.

In this order, the first that sets a value wins: command line; environment; `./ibkr-sync.toml`;
the user's config file; defaults. The two files are merged key by key, and in the result what a
profile's own table sets wins over what is shared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ibkr_sync.config.config_files import (
    CONFIG_FILE,
    ConfigDocument,
    ConfigFolders,
    config_folders,
    config_home,
    config_locations,
    read_config_file,
)
from ibkr_sync.config.consistency_checks import (
    check_catalogue_consistency,
    check_profiles,
    check_selection,
    written_keys,
)
from ibkr_sync.config.database_paths import PathContext
from ibkr_sync.config.overrides import (
    DATABASE_LOCATION,
    environment_overrides,
    flag_overrides,
    unknown_overrides,
)
from ibkr_sync.config.safe_text import safe_text
from ibkr_sync.config.setting_layers import (
    Layer,
    Setting,
    validate_document_layer,
    validate_override_layer,
)
from ibkr_sync.config.settings_resolution import (
    LoadedSettings,
    resolve_profile,
    resolve_settings,
)
from ibkr_sync.config.toml_keys import TomlKey
from ibkr_sync.domain.databases.database_url import url_has_secret
from ibkr_sync.domain.errors import ConfigError, ConfigProblem

_PING_URL: TomlKey = ("notify", "ping_url")
_COMMAND: TomlKey = ("notify", "command")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsCheck:
    """What `config check` finds: problems prevent a start, warnings don't."""

    problems: tuple[ConfigProblem, ...]
    warnings: tuple[ConfigProblem, ...]


def load_settings(
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    cwd: Path,
    folders: ConfigFolders | None = None,
) -> LoadedSettings:
    """Read, validate and merge all settings.

    `flags` are the command line's options by name (`profile`, `config`, `database`, `source`,
    `host`, `port`, `client_id`, `format`, `log_file`, `log_format`), None if not given; `cwd` is
    absolute; `folders` are this platform's if None.

    Raises ConfigError with everything that is wrong in any of them.
    """
    folders = folders or config_folders()
    gathered = _gather(flags, environ, cwd, folders)
    if gathered.problems:
        raise ConfigError(gathered.problems)
    return resolve_settings(gathered.files, gathered.overrides, folders, gathered.warnings)


def check_settings(
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    cwd: Path,
    folders: ConfigFolders | None = None,
) -> SettingsCheck:
    """Find all that `load_settings` would raise for, and what it would warn of."""
    gathered = _gather(flags, environ, cwd, folders or config_folders())
    return SettingsCheck(problems=gathered.problems, warnings=gathered.warnings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    files: Layer
    overrides: Layer
    problems: tuple[ConfigProblem, ...]
    warnings: tuple[ConfigProblem, ...]


def _gather(
    flags: Mapping[str, object], environ: Mapping[str, str], cwd: Path, folders: ConfigFolders
) -> _Gathered:
    home = config_home(environ)
    documents, unread = _read_all(flags, environ, cwd, folders)
    problems = list(unread)
    warnings = list(unknown_overrides(environ))

    files: dict[TomlKey, Setting] = {}
    for document in reversed(documents):
        validated = validate_document_layer(document, home)
        files |= validated.settings
        problems += validated.problems
        problems += check_catalogue_consistency(document)
        warnings += _exposed_secrets(document, validated.settings)
        if not document.required and document.path.parent != folders.config:
            problems += _foreign_notifiers(validated.settings, folders)

    given = (*environment_overrides(environ), *flag_overrides(flags))
    overrides = validate_override_layer(given, PathContext(folder=cwd, home=home))
    problems += overrides.problems

    written = written_keys(documents)
    problems += check_profiles(written)
    if not unread:  # a file that can't be read may define the profile
        selected = resolve_profile(files, overrides.settings)
        problems += check_selection(selected, given, written)
    return _Gathered(
        files=files,
        overrides=overrides.settings,
        problems=tuple(problems),
        warnings=tuple(warnings),
    )


def _read_all(
    flags: Mapping[str, object], environ: Mapping[str, str], cwd: Path, folders: ConfigFolders
) -> tuple[list[ConfigDocument], list[ConfigProblem]]:
    documents: list[ConfigDocument] = []
    problems: list[ConfigProblem] = []
    try:
        locations = config_locations(flags, environ, cwd, folders)
    except ConfigError as error:
        return [], list(error.problems)
    for location in locations:
        try:
            document = read_config_file(location)
        except ConfigError as error:
            problems += error.problems
        else:
            if document is not None:
                documents.append(document)
    return documents, problems


def _exposed_secrets(document: ConfigDocument, settings: Layer) -> Iterator[ConfigProblem]:
    if not document.exposed:
        return
    for key, setting in settings.items():
        is_url = key[-2:] in {DATABASE_LOCATION, _PING_URL} and setting.value is not None
        what = "secret" if key == _PING_URL else "password"
        if is_url and url_has_secret(setting.value):
            yield setting.place.problem(
                f"other users of this machine can read this {what}",
                f"chmod 600 {safe_text(str(document.path))}",
            )


def _foreign_notifiers(settings: Layer, folders: ConfigFolders) -> Iterator[ConfigProblem]:
    """Find what would run a program, or send something, because of the folder that one is in."""
    own = safe_text(str(folders.config / CONFIG_FILE))
    for key in (_PING_URL, _COMMAND):
        setting = settings.get(key)
        if setting is not None and setting.value:
            yield setting.place.problem(
                "it is not taken from a file of the working directory",
                f"put it into {own}, or name the file with --config",
            )
