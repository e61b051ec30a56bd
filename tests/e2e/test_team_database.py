"""A server for a team, set up as its page says: who may what, and which host writes."""

from __future__ import annotations

import re
import shlex
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from e2e.command_line import CommandLine, Ended, wait_until
from e2e.gateways import sample_gateway
from gateway.faults import PauseAfterRows
from postgres_server import client_program

PAGE = (Path(__file__).parents[2] / "docs" / "postgresql.md").read_text("utf-8")
FOREVER = 3600.0
LOOKING = ("show ES", "next ES", "check", "runs")


class TeamDatabase:
    """The database and the roles of the page, under names of this test's own."""

    def __init__(self, server: str, command: CommandLine) -> None:
        self._server = server
        self._name = f"futures_{uuid.uuid4().hex[:12]}"
        self._command = command
        self.roles = re.findall(r"CREATE ROLE (futures_\w+)", PAGE)

    def url(self, role: str, database: str = "futures") -> str:
        """Where a role of the page finds the database."""
        url = make_url(self._server).set(username=self._own(role), database=self._own(database))
        return url.render_as_string(hide_password=False)

    def __call__(self, role: str, *arguments: str) -> Ended:
        """Run the command as a role."""
        return self._command("--database", self.url(role), *arguments)

    def set_up(self) -> None:
        """Do what the page says."""
        as_administrator, as_owner = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
        self._execute(self._server, as_administrator)
        assert self("futures_writer", "db", "upgrade").code == 0
        self._execute(self.url("futures_writer"), as_owner)

    def is_unlocked(self) -> bool:
        """Whether the server has noticed that no run is at work any more."""
        query = "SELECT FROM pg_locks JOIN pg_database ON oid = database"
        held = f"{query} WHERE locktype = 'advisory' AND datname = %s"
        with psycopg.connect(self._server) as admin:
            return admin.execute(held, [self._own("futures")]).fetchone() is None

    def dump_and_restore(self, folder: Path) -> None:
        """Do what the page says of backups."""
        (creation,) = re.findall(r"CREATE DATABASE .*?;", PAGE)
        self._execute(self._server, creation.replace("futures ", "futures_restored ", 1))
        for line in re.findall(r"^pg_.*$", PAGE, re.MULTILINE):
            program, *arguments = shlex.split(
                re.sub(r"postgresql://(\w+)@db\.example/(\w+)", self._url_in, line)
            )
            subprocess.run([client_program(program), *arguments], cwd=folder, check=True)  # noqa: S603 - our own page

    def _url_in(self, found: re.Match[str]) -> str:
        return self.url(*found.groups())

    def tear_down(self) -> None:
        """Leave nothing behind at the server."""
        with psycopg.connect(self._server, autocommit=True) as admin:
            for database in ("futures", "futures_restored"):
                admin.execute(f"DROP DATABASE IF EXISTS {self._own(database)} WITH (FORCE)")
            for role in self.roles:
                admin.execute(f"DROP ROLE IF EXISTS {self._own(role)}")

    def _execute(self, url: str, statements: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in self._own(statements).split(";")[:-1]:
                connection.execute(statement)

    def _own(self, text: str) -> str:
        return re.sub(r"\bfutures(?=_|\b)", self._name, text)


@pytest.fixture
def team(postgres_server: str, ibkr_sync: CommandLine) -> Iterator[TeamDatabase]:
    database = TeamDatabase(postgres_server, ibkr_sync)
    try:
        database.set_up()
        yield database
    finally:
        database.tear_down()


def test_each_role_may_what_the_page_says(
    team: TeamDatabase, ibkr_sync: CommandLine, tmp_path: Path
) -> None:
    with sample_gateway() as gateway:
        source = ("--source", "ibkr", "--port", str(gateway.port))
        assert team("futures_writer", "get", "ES", *source).code == 0
        refused = [team("futures_reader", "refresh", *source)]
    for command in LOOKING:
        of_reader, of_writer = (
            team(role, *command.split()) for role in ("futures_reader", "futures_writer")
        )
        assert of_reader.code == of_writer.code == 0, of_reader
        assert of_reader.out.replace("_reader", "_writer") == of_writer.out
    refused.append(team("futures_reader", "pin", "ES"))
    refused += [team("futures_analyst", *command) for command in (("show", "ES"), ("check",))]
    for done in refused:
        assert (done.code, done.out) == (7, ""), done
        assert "permission denied" in done.message
        assert "next:  Name a role that may do this" in done.err

    backup = str(tmp_path / "futures.db")
    for action in (("backup", backup), ("restore", backup, "--yes")):
        assert team("futures_writer", "db", *action).code == 0
    with psycopg.connect(team.url("futures_analyst")) as connection:
        assert connection.execute("SELECT count(*) FROM v_contracts").fetchone() == (21,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT count(*) FROM contracts")

    team.dump_and_restore(tmp_path)
    listed, restored = (
        ibkr_sync("--database", team.url("futures_writer", name), "show", "ES", "--json")
        for name in ("futures", "futures_restored")
    )
    assert restored == listed
    status = ibkr_sync("--database", team.url("futures_writer", "futures_restored"), "db", "status")
    assert status.code == 0


def test_a_second_host_takes_over_from_one_that_died(
    team: TeamDatabase, ibkr_sync: CommandLine
) -> None:
    (entry,) = re.findall(r"^30 23 \* \* \* +ibkr-sync --profile ibkr (.*)$", PAGE, re.MULTILINE)
    assert team("futures_writer", "watchlist", "add", "ES", "NQ").code == 0
    database = ("--database", team.url("futures_writer"))

    def nightly(port: int) -> list[str]:
        return [*database, *shlex.split(entry), "--source", "ibkr", "--port", str(port)]

    def stored() -> list[str]:
        return [item["symbol"] for item in ibkr_sync(*database, "list", "--json").json["products"]]

    with (
        sample_gateway(PauseAfterRows(symbol="NQ", rows=4, seconds=FOREVER)) as gateway,
        ibkr_sync.running(*nightly(gateway.port)) as first,
    ):
        wait_until(lambda: stored() == ["ES"])
        meanwhile = ibkr_sync(*nightly(gateway.port))
        connections = gateway.connections
        first.kill()
        first.wait()
        wait_until(team.is_unlocked)
    with sample_gateway() as gateway:
        second = ibkr_sync(*nightly(gateway.port))
        asked = gateway.connections
        third = ibkr_sync(*nightly(gateway.port))
        assert gateway.connections == asked == 1

    assert (meanwhile.code, meanwhile.out, connections) == (75, "", 1)
    assert (second.code, third.code, third.out + third.err) == (0, 0, "")
    assert stored() == ["ES", "NQ"]
    runs = ibkr_sync(*database, "runs", "--json").json["runs"]
    assert [(run["outcome"], run["added"] > 0) for run in runs][-2:] == [
        ("ok", True),
        ("interrupted", True),
    ]
