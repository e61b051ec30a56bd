"""The settings of a call that is to work whether they can be used or not."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ibkr_sync.domain.errors import ConfigError
from ibkr_sync_cli.invocation import Call, call_of, invocation_of

if TYPE_CHECKING:
    import typer

    from ibkr_sync.config.settings import NotifySettings, ProfileSettings
    from ibkr_sync.domain.runs.diagnosis.installation import SettingsFacts
    from ibkr_sync_cli.terminal.output import OutputFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosedSettings:
    """What is in use: its profile, and the one whose gateway counts; None where it can't be used.

    A profile that asks no gateway itself leaves that to profile ibkr. `wanted` is the format of
    the result; None is auto.
    """

    facts: SettingsFacts
    wanted: OutputFormat | None
    profile: ProfileSettings | None = None
    gateway: ProfileSettings | None = None
    notify: NotifySettings | None = None


def diagnosed_settings(context: typer.Context, **flags: object) -> DiagnosedSettings:
    """Read the settings as `call_of` does; what is wrong with them is a fact."""
    from ibkr_sync.domain.runs.diagnosis.installation import SettingsFacts

    try:
        call = call_of(context, **flags)
        return DiagnosedSettings(
            facts=_facts(call),
            wanted=call.wanted,
            profile=call.profile,
            gateway=_with_gateway(call),
            notify=call.loaded.settings.notify,
        )
    except ConfigError as error:
        wanted = invocation_of(context).format
        return DiagnosedSettings(facts=SettingsFacts(error=error), wanted=wanted)


def _facts(call: Call) -> SettingsFacts:
    from ibkr_sync.config.config_files import config_folders, config_locations
    from ibkr_sync.domain.runs.diagnosis.installation import SettingsFacts

    (profile, *others) = call.loaded.explain()
    locations = config_locations(call.flags, os.environ, Path.cwd(), config_folders())
    return SettingsFacts(
        profile=f"{profile.value} ({profile.where})",
        files=tuple(str(location.path) for location in locations if location.exists),
        changed=tuple(
            f"{other.key} = {other.value} ({other.where})"
            for other in others
            if other.where != "default"
        ),
        warnings=tuple(map(str, call.loaded.warnings)),
    )


def _with_gateway(call: Call) -> ProfileSettings:
    from ibkr_sync.config.loading import load_settings

    if call.profile.source == "ibkr":
        return call.profile
    flags = {**call.flags, "profile": "ibkr"}
    return load_settings(flags, os.environ, Path.cwd()).settings.active
