"""A user's machine for the settings: a home, a working directory and the user's folders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from ibkr_sync.config.config_files import ConfigFolders
from ibkr_sync.config.loading import check_settings, load_settings
from ibkr_sync.config.settings_resolution import LoadedSettings
from ibkr_sync.domain.errors import ConfigError, ConfigProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where files lie, and short ways to write and load them."""

    home: Path
    cwd: Path
    folders: ConfigFolders

    def here(self, toml: str) -> Path:
        return write(self.cwd / "ibkr-sync.toml", toml)

    def user(self, toml: str) -> Path:
        return write(self.folders.config / "config.toml", toml)

    def load(
        self,
        flags: Mapping[str, object] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> LoadedSettings:
        environ = {"HOME": str(self.home), **(environ or {})}
        return load_settings(flags or {}, environ, self.cwd, self.folders)

    def problems(
        self,
        flags: Mapping[str, object] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> tuple[ConfigProblem, ...]:
        """Give the problems, having seen that loading and checking agree on them."""
        with pytest.raises(ConfigError) as caught:
            self.load(flags, environ)
        environ = {"HOME": str(self.home), **(environ or {})}
        check = check_settings(flags or {}, environ, self.cwd, self.folders)
        assert check.problems == caught.value.problems
        return check.problems

    def problem(
        self,
        flags: Mapping[str, object] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> ConfigProblem:
        (problem,) = self.problems(flags, environ)
        return problem


def write(path: Path, toml: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(toml, encoding="utf-8")
    path.chmod(0o600)
    return path
