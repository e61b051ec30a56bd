"""How to install something beside us, by the way in which we were installed."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

DISTRIBUTION = "ibkr-sync"
_EXTRA = re.compile(r"""extra\s*==\s*["'](?P<extra>[\w-]+)["']""")
_UV_RECEIPT = "uv-receipt.toml"
_PIPX_METADATA = "pipx_metadata.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Where we are installed, and by what.

    Attributes:
        python: the interpreter's path.
        files: names of the files at the top of its environment.
        installer: the program that put us there, as it calls itself; None if it did not say.
        source: the folder, file or URL that we were installed from; None for a package index.
        requires: what our metadata requires, of extras too.
    """

    python: str
    files: frozenset[str]
    installer: str | None
    source: str | None
    requires: tuple[str, ...]

    @classmethod
    def here(cls) -> Installation:
        """The one that is running."""
        from importlib.metadata import PackageNotFoundError, distribution

        files = frozenset(path.name for path in Path(sys.prefix).iterdir())
        try:
            own = distribution(DISTRIBUTION)
        except PackageNotFoundError:  # run from a folder of sources
            return cls(python=sys.executable, files=files, installer=None, source=None, requires=())
        url = json.loads(own.read_text("direct_url.json") or "{}").get("url")
        return cls(
            python=sys.executable,
            files=files,
            installer=(own.read_text("INSTALLER") or "").strip() or None,
            source=None if url is None else _place(url),
            requires=tuple(own.requires or ()),
        )


def install_command(installation: Installation, *packages: str, options: Sequence[str] = ()) -> str:
    """The command that installs packages where we find them, with options of pip's and uv's pip."""
    names = list(packages)
    if _UV_RECEIPT in installation.files:
        extras = [word for name in names for word in ("--with", name)]
        source = installation.source or DISTRIBUTION
        return shlex.join(["uv", "tool", "install", "--reinstall", *extras, source])
    if _PIPX_METADATA in installation.files:
        force = ["--force"] if options else []
        return shlex.join(["pipx", "inject", *force, DISTRIBUTION, *names])
    if installation.installer == "uv":
        python = ["--python", installation.python]
        return shlex.join(["uv", "pip", "install", *options, *names, *python])
    return shlex.join([installation.python, "-m", "pip", "install", *options, *names])


def uninstall_command(installation: Installation, *packages: str) -> str:
    """The command that takes packages out of where we find them."""
    if _PIPX_METADATA in installation.files:
        return shlex.join(["pipx", "runpip", DISTRIBUTION, "uninstall", *packages])
    if _UV_RECEIPT in installation.files or installation.installer == "uv":
        return shlex.join(["uv", "pip", "uninstall", *packages, "--python", installation.python])
    return shlex.join([installation.python, "-m", "pip", "uninstall", *packages])


def packages_of_extra(installation: Installation, extra: str) -> tuple[str, ...]:
    """What an extra of ours requires, as it is written for pip; we may be on no index."""
    required = (require.partition(";") for require in installation.requires)
    found = tuple(
        package.strip()
        for package, _, marker in required
        if (match := _EXTRA.search(marker)) and match["extra"] == extra
    )
    return found or (f"{DISTRIBUTION}[{extra}]",)


def _place(url: str) -> str:
    parts = urlsplit(url)
    return unquote(parts.path) if parts.scheme == "file" else url
