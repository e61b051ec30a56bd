"""Builds the wheel, installs it alone in a fresh environment, and uses it from elsewhere.

Run by `make smoke`. It ends with a message and exit code 1 at the first thing that is wrong.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
CONSTRAINTS = CHECKOUT / "constraints.txt"
PACKAGES = ("ibkr_sync", "ibkr_sync_cli")

IN_THE_WHEEL = (
    "ibkr_sync/py.typed",
    "ibkr_sync_cli/py.typed",
    "ibkr_sync/config/config.example.toml",
    "ibkr_sync/catalogue/tables/futures_products.csv",
    "ibkr_sync/catalogue/tables/delivery_rules.csv",
    "ibkr_sync/catalogue/tables/time_zones.csv",
    "ibkr_sync/catalogue/tables/login_time_zones.csv",
    "ibkr_sync/infrastructure/replay/sample/products.csv",
    "ibkr_sync/infrastructure/repositories/local_repo/schema/migrations/env.py",
    "ibkr_sync/infrastructure/repositories/local_repo/schema/migrations/script.py.mako",
    "ibkr_sync_cli/completion/commands.json",
    ".dist-info/licenses/LICENSE",
)

WHERE_FROM = """
import importlib, sys
for name in sys.argv[1:]:
    print(importlib.import_module(name).__file__)
print(*sys.path, sep="\\n")
"""


LIBRARY = """
import ibkr_sync
with ibkr_sync.open(profile="demo") as futures:
    print(*(product.key for product in futures.list()))
    try:
        futures.contracts().to_arrow()
    except ibkr_sync.FrameError as error:
        print(error)
"""


class SmokeError(Exception):
    """Something about the wheel is wrong."""


def main() -> int:
    """Check the wheel; gives the exit code."""
    with tempfile.TemporaryDirectory(prefix="wheel-") as folder:
        try:
            check_in(Path(folder).resolve())
        except SmokeError as error:
            say(f"error: {error}")
            return 1
    return 0


def check_in(folder: Path) -> None:
    """Do everything in a folder outside of the checkout."""
    say("building the wheel …")
    wheel = build(folder / "dist")
    check_contents(wheel)
    say(f"installing {wheel.name} …")
    scripts = install(wheel, folder / "venv")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    say("using it …")
    check_origin(scripts / "python", elsewhere)
    check_commands(scripts / "ibkr-sync", elsewhere)
    check_library(scripts / "python", elsewhere)
    uv = find_uv()
    if uv is None:
        say("there is no uv, so `uv tool install` was not tried")
    else:
        say("installing it as a tool of uv …")
        check_version(install_as_tool(uv, wheel, folder), elsewhere)
    say("the wheel is fine")


def build(into: Path) -> Path:
    """Build the wheel with pip."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    run([*pip, "--no-deps", "--wheel-dir", str(into), str(CHECKOUT)], cwd=into.parent)
    wheels = list(into.glob("*.whl"))
    expect(len(wheels) == 1, f"one wheel was to be built, not {wheels}")
    return wheels[0]


def check_contents(wheel: Path) -> None:
    """Expect the data files and the migrations, and nothing but the two packages."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for wanted in IN_THE_WHEEL:
        expect(any(name.endswith(wanted) for name in names), f"the wheel lacks {wanted}")
    migrations = [name for name in names if "/migrations/versions/rev_" in name]
    in_tree = [*CHECKOUT.glob("ibkr_sync/**/migrations/versions/rev_*.py")]
    expect(len(migrations) == len(in_tree) > 0, f"the wheel's migrations are {migrations}")
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    expect(tops == set(PACKAGES), f"the wheel's folders are {sorted(tops)}")
    tests = [name for name in names if "test" in name.lower() or "__pycache__" in name]
    expect(not tests, f"the wheel has what it should not have: {tests}")


def install(wheel: Path, environment: Path) -> Path:
    """Install the wheel with what it depends on; gives the folder of its scripts."""
    run([sys.executable, "-m", "venv", str(environment)], cwd=environment.parent)
    scripts = environment / "bin"
    pip = [str(scripts / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
    run([*pip, "--quiet", "--constraint", str(CONSTRAINTS), str(wheel)], cwd=environment.parent)
    return scripts


def check_origin(python: Path, cwd: Path) -> None:
    """Expect that every import comes from the environment."""
    message = use([str(python), "-c", WHERE_FROM, *PACKAGES], cwd)
    from_checkout = [line for line in message.splitlines() if Path(line).is_relative_to(CHECKOUT)]
    expect(not from_checkout, f"imported from the checkout: {from_checkout}")


def check_commands(command: Path, cwd: Path) -> None:
    """Expect that the command works from the bundled data alone."""
    check_version(command, cwd)
    demo = use([str(command), "demo"], cwd)
    expect("SAMPLE DATA" in demo and "ES@CME (ES)" in demo, f"the demo showed: {demo}")
    example = use([str(command), "config", "example"], cwd)
    expect("gateway" in tomllib.loads(example), f"the example is: {example}")
    state = use([str(command), "--profile", "demo", "db", "status", "-f", "csv"], cwd)
    expect("current" in state, f"the database is: {state}")
    server = [str(command), "--database", "postgresql://u@127.0.0.1:1/d", "db", "status"]
    refused = use(server, cwd, code=7, stderr=True)
    expect("psycopg[binary]" in refused, f"without its extra PostgreSQL said: {refused}")


def check_library(python: Path, cwd: Path) -> None:
    """Expect that a program reads what the demo stored, and learns what a table needs."""
    answer = use([str(python), "-W", "error", "-c", LIBRARY], cwd)
    is_right = "ES@CME (ES)" in answer and "pip install 'ibkr-sync[parquet]'" in answer
    expect(is_right, f"the library answered: {answer}")


def check_version(command: Path, cwd: Path) -> None:
    """Expect the version of the checkout."""
    version: dict[str, str] = {}
    exec((CHECKOUT / "ibkr_sync/__init__.py").read_text(encoding="utf-8"), version)  # noqa: S102
    message = use([str(command), "--version"], cwd)
    expect(message == f"ibkr-sync {version['__version__']}\n", f"the version is told as: {message}")


def find_uv() -> str | None:
    """Find uv beside the interpreter or on the path."""
    return shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


def install_as_tool(uv: str, wheel: Path, folder: Path) -> Path:
    """Install the wheel as users of uv do; gives the command."""
    places = {"UV_TOOL_DIR": str(folder / "tools"), "UV_TOOL_BIN_DIR": str(folder / "bin")}
    arguments = ["tool", "install", "--quiet", "--constraints", str(CONSTRAINTS), str(wheel)]
    run([uv, *arguments, "--python", sys.executable], cwd=folder, env=os.environ | places)
    return folder / "bin/ibkr-sync"


def use(command: Sequence[str], cwd: Path, *, code: int = 0, stderr: bool = False) -> str:
    """Run what was installed with nothing but a home; gives its stdout, or its stderr."""
    home = {"HOME": str(cwd), "PATH": os.defpath}
    done = subprocess.run(  # noqa: S603 - what this script has installed
        command, cwd=cwd, env=home, capture_output=True, text=True, timeout=120, check=False
    )
    message = f"{' '.join(command)}\nended with {done.returncode}\n{done.stdout}{done.stderr}"
    expect(done.returncode == code, message)
    return done.stderr if stderr else done.stdout


def run(command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> None:
    """Run a tool that builds or installs."""
    done = subprocess.run(  # noqa: S603 - pip, venv and uv
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=900, check=False
    )
    expect(done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def expect(holds: bool, otherwise: str) -> None:
    """Raise SmokeError with what is wrong."""
    if not holds:
        raise SmokeError(otherwise)


def say(text: str) -> None:
    """Tell how far it is."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
