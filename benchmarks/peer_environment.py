"""The environment that the peer scripts run in: made once, in the user's cache folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PACKAGES = ("ib_async==2.1.0", "sqlalchemy==2.1.9")

_SCRIPTS = Path(__file__).parent / "ib-async-scripts"
"""No package: they find one another as scripts in one folder do."""


def peer_python() -> str:
    """The interpreter of that environment, which is made if it is not there as wanted."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(cache) / "ibkr-sync-benchmarks" / "ib_async_scripts"
    python = folder / "bin" / "python"
    stamp = folder / ".installed"
    wanted = "\n".join((sys.version, *PACKAGES))
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
        subprocess.run([*pip, *PACKAGES], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return str(python)


def peer_script(name: str) -> str:
    """The path of a script."""
    return str(_SCRIPTS / f"{name}.py")
