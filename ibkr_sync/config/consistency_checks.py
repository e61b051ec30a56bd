"""Checks of the profiles: that they exist, are complete, and make sense.

They look at keys as written, whether the values are valid or not, so that these problems are
reported together with those of single values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ibkr_sync.config.config_files import ConfigDocument
from ibkr_sync.config.overrides import COMMAND_LINE, Override
from ibkr_sync.config.safe_text import safe_value_text
from ibkr_sync.config.setting_layers import Setting, SettingPlace
from ibkr_sync.config.setting_types import PROFILE_NAME_PATTERN
from ibkr_sync.config.settings import SHIPPED_PROFILES
from ibkr_sync.config.settings_resolution import REPLAYED_KEYS
from ibkr_sync.config.table_validation import closest_choice
from ibkr_sync.config.toml_keys import TomlKey, toml_keys, toml_position
from ibkr_sync.domain.errors import ConfigProblem

_REPLAYS = "a replay gateway picks its own host and port"


def written_keys(documents: Sequence[ConfigDocument]) -> dict[TomlKey, ConfigDocument]:
    """Map each key written in the documents to the first document that has it."""
    return {key: document for document in reversed(documents) for key in toml_keys(document.table)}


def defined_profiles(written: Iterable[TomlKey]) -> frozenset[str]:
    """Give the names of all profiles, those shipped and those written, as far as they are valid."""
    own = {key[1] for key in written if key[0] == "profiles" and len(key) > 1}
    valid = {name for name in own if re.fullmatch(PROFILE_NAME_PATTERN, name)}
    return frozenset(valid | SHIPPED_PROFILES.keys())


def check_profiles(written: Mapping[TomlKey, ConfigDocument]) -> Iterator[ConfigProblem]:
    """Find profiles that lack a source, or that set what a replay gateway decides itself."""
    for name in sorted(defined_profiles(written)):
        table = ("profiles", name)
        if name not in SHIPPED_PROFILES and (*table, "source") not in written:
            yield SettingPlace(document=written[table], key=table).problem(
                "the profile has no source", 'add source = "ibkr", "local" or "file:PATH"'
            )
        if not _replays(name, written):
            continue
        for key in sorted((*table, *replayed) for replayed in REPLAYED_KEYS):
            if key in written:
                yield SettingPlace(document=written[key], key=key).problem(_REPLAYS)


def check_selection(
    selected: Setting, overrides: Sequence[Override], written: Mapping[TomlKey, ConfigDocument]
) -> Iterator[ConfigProblem]:
    """Check the profile in use: that it exists, and that it can take the options given."""
    names = defined_profiles(written)
    if selected.value not in names:
        yield selected.place.problem(
            f"there is no profile {safe_value_text(selected.value)}",
            closest_choice(selected.value, names) or f"there are {', '.join(sorted(names))}",
        )
    elif _replays(selected.value, written):
        for override in overrides:
            if override.source == COMMAND_LINE and override.key in REPLAYED_KEYS:
                yield SettingPlace(source=override.source, name=override.name).problem(_REPLAYS)


def check_catalogue_consistency(document: ConfigDocument) -> Iterator[ConfigProblem]:
    """Find products of the user's own that stand in the document more than once."""
    entries = document.table.get("catalogue")
    seen: set[tuple[object, ...]] = set()
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        identity = _identity(entry)
        if identity is None:
            continue
        if identity in seen:
            symbol, exchange, trading_class = identity
            product = safe_value_text(f"{symbol}@{exchange} ({trading_class})")
            yield SettingPlace(document=document, key=("catalogue", toml_position(index))).problem(
                f"{product} stands here a second time"
            )
        seen.add(identity)


def _identity(entry: object) -> tuple[str, str, str] | None:
    """What no two products may share; None for an entry that has no such texts."""
    if not isinstance(entry, dict):
        return None
    match entry.get("symbol"), entry.get("exchange"), entry.get("trading_class"):
        case str(symbol), str(exchange), None:
            return symbol, exchange, symbol
        case str(symbol), str(exchange), str(trading_class):
            return symbol, exchange, trading_class
        case _:
            return None


def _replays(name: str, written: Mapping[TomlKey, ConfigDocument]) -> bool:
    shipped = SHIPPED_PROFILES.get(name)
    return ("profiles", name, "replay") in written or bool(shipped and shipped.replay)
