"""What is advised to install lands where we look for it, however we were installed."""

from __future__ import annotations

import shlex

from ibkr_sync_cli.messages.installation import (
    Installation,
    install_command,
    packages_of_extra,
    uninstall_command,
)
from one_case import one_case

PYTHON = "/opt/a b/bin/python"
REQUIRES = ("rich>=14", "psycopg[binary]>=3.2; extra == 'postgres'", 'x; extra == "other"')


def installed(
    *files: str, installer: str | None = "pip", source: str | None = None
) -> Installation:
    return Installation(
        python=PYTHON,
        files=frozenset(files),
        installer=installer,
        source=source,
        requires=REQUIRES,
    )


@one_case(
    ("installation", "command"),
    [
        (installed(), [PYTHON, "-m", "pip", "install", "psycopg"]),
        (installed(source="/src/here"), [PYTHON, "-m", "pip", "install", "psycopg"]),
        (installed(installer="uv"), ["uv", "pip", "install", "psycopg", "--python", PYTHON]),
        (
            installed("pipx_metadata.json", "bin", installer="uv"),
            ["pipx", "inject", "ibkr-sync", "psycopg"],
        ),
        (
            installed("uv-receipt.toml", installer="uv", source="/src/here"),
            ["uv", "tool", "install", "--reinstall", "--with", "psycopg", "/src/here"],
        ),
        (
            installed("uv-receipt.toml", installer="uv"),
            ["uv", "tool", "install", "--reinstall", "--with", "psycopg", "ibkr-sync"],
        ),
    ],
)
def test_the_advice_fits_the_installation(installation: Installation, command: list[str]) -> None:
    assert shlex.split(install_command(installation, "psycopg")) == command


@one_case(
    ("installation", "command"),
    [
        (installed(), [PYTHON, "-m", "pip", "uninstall", "x"]),
        (installed(installer="uv"), ["uv", "pip", "uninstall", "x", "--python", PYTHON]),
        (installed("uv-receipt.toml"), ["uv", "pip", "uninstall", "x", "--python", PYTHON]),
        (installed("pipx_metadata.json"), ["pipx", "runpip", "ibkr-sync", "uninstall", "x"]),
    ],
)
def test_what_is_too_much_is_taken_out_of_the_same_place(
    installation: Installation, command: list[str]
) -> None:
    assert shlex.split(uninstall_command(installation, "x")) == command


def test_an_extra_is_advised_by_what_it_requires_as_we_may_be_on_no_index() -> None:
    assert packages_of_extra(installed(), "postgres") == ("psycopg[binary]>=3.2",)
    assert packages_of_extra(installed(), "none") == ("ibkr-sync[none]",)


def test_this_installation_is_reported_by_its_interpreter() -> None:
    here = Installation.here()

    assert packages_of_extra(here, "postgres") == ("psycopg[binary]>=3.2",)
    assert here.python in shlex.split(install_command(here, "psycopg"))
