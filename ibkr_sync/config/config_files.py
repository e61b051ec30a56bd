"""Config files: where they are looked for, and what stands in them."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ibkr_sync.config.database_paths import PathContext
from ibkr_sync.config.safe_text import safe_text, safe_value_text
from ibkr_sync.config.toml_keys import TomlKey, key_lines
from ibkr_sync.domain.errors import ConfigError, ConfigProblem

APPLICATION = "ibkr-sync"
CONFIG_FILE = "config.toml"
FOLDER_CONFIG_FILE = "ibkr-sync.toml"
"""In a working directory, which may hold a `config.toml` of anything else."""

CONFIG_VARIABLE = "IBKR_SYNC_CONFIG"

_MAX_BYTES = 1 << 20
_OTHERS_MAY_READ = 0o077


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFolders:
    """The user's own folders: for settings and for data."""

    config: Path
    data: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigLocation:
    """A place where a config file is looked for.

    Attributes:
        path: absolute.
        chosen_by: what names it: `--config`, `IBKR_SYNC_CONFIG`, `working directory` or `user`.
        required: it was asked for, so that its absence is an error.
    """

    path: Path
    chosen_by: str
    required: bool

    @property
    def exists(self) -> bool:
        """Whether a file is there."""
        return os.path.isfile(self.path)  # noqa: PTH113 -- Path.is_file raises without permission


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigDocument:
    """A config file that is valid TOML; nothing is said yet about its keys.

    `exposed` says that other users of the machine may read or change it.
    """

    path: Path
    required: bool
    exposed: bool
    text: str = field(repr=False)
    table: Mapping[str, object] = field(repr=False)

    def place(self, key: TomlKey) -> str:
        """Say where a key stands, with the line if it is known."""
        line = key_lines(self.text).get(key)
        path = safe_text(str(self.path))
        return path if line is None else f"{path}:{line}"


def config_folders() -> ConfigFolders:
    """Give the folders this platform has for the user's settings and data."""
    import platformdirs  # 20 ms that `--help` can do without

    directories = platformdirs.PlatformDirs(APPLICATION, appauthor=False)
    return ConfigFolders(config=directories.user_config_path, data=directories.user_data_path)


def config_home(environ: Mapping[str, str]) -> Path | None:
    """Give the home that the environment names, if it is absolute."""
    home = Path(environ.get("HOME", ""))
    return home if home.is_absolute() else None


def config_locations(
    flags: Mapping[str, object], environ: Mapping[str, str], cwd: Path, folders: ConfigFolders
) -> tuple[ConfigLocation, ...]:
    """Give which config files are read, the one that wins first.

    A file named by `--config` or IBKR_SYNC_CONFIG takes the place of the others.
    Raises ConfigError if that name can't be a path.
    """
    for chosen_by, label, name in (
        ("--config", "command line", flags.get("config")),
        (CONFIG_VARIABLE, "environment", environ.get(CONFIG_VARIABLE) or None),
    ):
        if name is None:
            continue
        try:
            path = PathContext(folder=cwd, home=config_home(environ)).file(str(name))
        except ValueError as error:
            message = f"must be a file's path, not {safe_value_text(str(name))}: {error}"
            raise ConfigError(
                [ConfigProblem(source=label, key=chosen_by, message=message)]
            ) from None
        return (ConfigLocation(path=path, chosen_by=chosen_by, required=True),)
    here = ConfigLocation(
        path=cwd / FOLDER_CONFIG_FILE, chosen_by="working directory", required=False
    )
    user = ConfigLocation(path=folders.config / CONFIG_FILE, chosen_by="user", required=False)
    return here, user


def read_config_file(location: ConfigLocation) -> ConfigDocument | None:
    """Read a config file; None if there is none and none was asked for.

    Raises ConfigError with one problem: missing, unreadable, too large, not UTF-8 or no TOML.
    """
    try:
        content, mode = _read_bytes(location.path)
    except (FileNotFoundError, NotADirectoryError) as error:
        if not location.required:
            return None
        raise _unusable(
            location.path,
            "there is no such file",
            suggestion=f"{location.chosen_by} names it; `config init` writes one",
        ) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _unusable(location.path, f"can't be read: {reason}") from error
    text = _decode(location.path, content)
    return ConfigDocument(
        path=location.path,
        required=location.required,
        exposed=os.name == "posix" and bool(mode & _OTHERS_MAY_READ),
        text=text,
        table=_parse(location.path, text),
    )


def _read_bytes(path: Path) -> tuple[bytes, int]:
    # A FIFO would block at open for as long as nobody writes, hence O_NONBLOCK.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise _unusable(path, "is a folder, not a file")
        if not stat.S_ISREG(mode):
            raise _unusable(path, "is no regular file")
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read(_MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > _MAX_BYTES:
        raise _unusable(path, f"is larger than {_MAX_BYTES >> 20} MiB")
    return content, stat.S_IMODE(mode)


def _decode(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")  # editors on Windows write the byte order mark
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _unusable(path, "is not UTF-8 text", line=f":{line}") from None


def _parse(path: Path, text: str) -> dict[str, object]:
    import tomli  # only where there is a file

    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        place = f":{error.lineno}:{error.colno}"
        message = f"is not valid TOML: {safe_text(error.msg)}"
        raise _unusable(path, message, line=place) from None
    except (ValueError, RecursionError):
        # Python refuses numbers of thousands of digits, tomli nesting of hundreds of levels.
        raise _unusable(path, "is not usable TOML: a number or a nesting is too large") from None


def _unusable(
    path: Path, message: str, *, line: str = "", suggestion: str | None = None
) -> ConfigError:
    source = safe_text(str(path)) + line
    return ConfigError(
        [ConfigProblem(source=source, key="", message=message, suggestion=suggestion)]
    )
