"""Runs the tests in which other programs read what we export, each in an environment of its own.

Run by `make peers`. `tests/peers/packages` has the packages of each environment; the environments
are kept in `.venv-peers`. A peer that needs a newer Python than this one is left out, with the
reason, where none is found; IBKR_SYNC_PEERS_PYTHON names one. It ends with exit code 1 if anything
failed, and with 2 if an environment could not be made.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from e2e.gateways import sample_gateway
from environments import CHECKOUT, PackagesError, keep_environments_in, make_environment, say
from exported_sample import export_sample

ENVIRONMENTS = CHECKOUT / ".venv-peers"
PEERS = CHECKOUT / "tests/peers"

WHICH_PYTHON = "import sys, venv; print(sys.version_info.minor if sys.version_info[0] == 3 else 0)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A program that reads what we export.

    Attributes:
        name: that of its environment and of the list of its packages.
        tests: what is run there, below `tests/peers`.
        pythons: the minor versions of Python 3 under which it runs.
    """

    name: str
    tests: tuple[str, ...]
    pythons: range = range(11, 15)


NAUTILUS = ("test_nautilus.py", "test_nautilus_live.py")

ALL = (
    Peer(name="nautilus-1.221.0", tests=NAUTILUS, pythons=range(11, 14)),
    Peer(name="nautilus-1.231.0", tests=NAUTILUS, pythons=range(12, 15)),
    Peer(name="table-readers", tests=("test_parquet.py", "test_sql_views.py")),
)


def main() -> int:
    """Export the sample and have all peers, or those named, read it; gives the exit code."""
    began = time.monotonic()
    names = sys.argv[1:] or [peer.name for peer in ALL]
    if unknown := set(names) - {peer.name for peer in ALL}:
        say(f"error: no such peer: {', '.join(sorted(unknown))}")
        return 2
    peers = [peer for peer in ALL if peer.name in names]
    pythons = {peer: found for peer in peers if (found := python_for(peer))}
    keep_environments_in(ENVIRONMENTS)
    try:
        interpreters = {peer: provide(peer, python) for peer, python in pythons.items()}
    except PackagesError as error:
        say(f"error: {error}")
        return 2
    with tempfile.TemporaryDirectory() as folder, sample_gateway() as gateway:
        export_sample(Path(folder), gateway.port)
        say(f"environments and exports ready after {time.monotonic() - began:.0f} s")
        ours = {"IBKR_SYNC_PEERS_EXPORTED": folder, "IBKR_SYNC_PEERS_PORT": str(gateway.port)}
        failed = [peer.name for peer in pythons if not reads(peer, interpreters[peer], ours)]
    left_out = [peer.name for peer in peers if peer not in pythons]
    passed = len(pythons) - len(failed)
    say(f"peers: {passed} passed{', FAILED: ' + ', '.join(failed) if failed else ''}"
        f"{', left out: ' + ', '.join(left_out) if left_out else ''}"
        f" after {time.monotonic() - began:.0f} s")  # fmt: skip
    return 1 if failed else 0


def python_for(peer: Peer) -> str | None:
    """A Python under which the peer runs; None, and the reason, where there is none."""
    for candidate in filter(shutil.which, candidates()):
        done = subprocess.run(  # noqa: S603 - interpreters of this machine
            [candidate, "-c", WHICH_PYTHON], capture_output=True, text=True, check=False
        )
        if done.returncode == 0 and int(done.stdout) in peer.pythons:
            return candidate
    say(f"left out: {peer.name}: needs Python 3.{peer.pythons[0]} to 3.{peer.pythons[-1]}, and "
        "there is none on the path; IBKR_SYNC_PEERS_PYTHON names one")  # fmt: skip
    return None


def candidates() -> Iterator[str]:
    """Interpreters: this one, the one named, those on the path, and pyenv's."""
    yield sys.executable
    if named := os.environ.get("IBKR_SYNC_PEERS_PYTHON"):
        yield named
    for minor in range(14, 10, -1):
        if found := shutil.which(f"python3.{minor}"):
            yield found
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(str, sorted(pyenv.glob("versions/3.*/bin/python3"), reverse=True))


def provide(peer: Peer, python: str) -> Path:
    """The interpreter of the peer's environment; raises PackagesError."""
    packages = (PEERS / f"packages/{peer.name}.txt").read_text(encoding="utf-8").split()
    return make_environment(
        ENVIRONMENTS / peer.name, packages, "", python=python, with_project=False
    )


def reads(peer: Peer, python: Path, variables: Mapping[str, str]) -> bool:
    """Run the peer's tests; no test collected is a failure as well."""
    say(f"\n=== {peer.name}")
    # What a peer warns of is the peer's.
    command = [str(python), "-m", "pytest", "--quiet", "-p", "no:cacheprovider", "-W", "ignore"]
    done = subprocess.run(  # noqa: S603
        [*command, f"--confcutdir={PEERS}", *(str(PEERS / test) for test in peer.tests)],
        cwd=CHECKOUT,
        env=os.environ | variables,
        check=False,
    )
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
