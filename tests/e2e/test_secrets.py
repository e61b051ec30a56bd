"""No secret of a database URL is ever told, whatever is asked and whatever fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.command_line import CommandLine

USERINFO = "postgresql://u:hush-1@127.0.0.1:1/db?sslpassword=hush-2&password=hush-3"
URLS = {
    "userinfo and query": USERINFO,
    "percent-encoded": "postgresql://u:hu%73h-1%40@127.0.0.1:1/db?passw%6Frd=hush-2",
    "other names": "postgresql://u@127.0.0.1:1/db?pwd=hush-1&options=-cx.y%3Dhush-2&passfile=hush",
    "unencoded at": "postgresql://u:hush-1@hush-2@127.0.0.1:1/db",
    "bad port": "postgresql://u:hush-1@127.0.0.1:port/db",
    "bad option": "postgresql://u:hush-1@127.0.0.1:1/db?nonsense=1&password=hush-3",
    "another driver": "mysql://u:hush-1@127.0.0.1/db?password=hush-2",
    "no host": "postgresql://u:hush-1@/db?host=127.0.0.1&port=1&password=hush-2",
    "assignments": "host=127.0.0.1 port=1 password=hush-1 dbname=db",
}
SECRETS = ("hush", "hu%73h", "hu73h")

ARGUMENTS = (
    ["config", "show", "-f", "table"],
    ["db", "status"],
)


@pytest.mark.parametrize("url", URLS.values(), ids=URLS.keys())
def test_no_output_holds_a_secret(ibkr_sync: CommandLine, tmp_path: Path, url: str) -> None:
    log = tmp_path / "run.log"
    verbose = ("-vv", "--debug", "--log-file", log)

    message = "".join(
        done.out + done.err
        for arguments in ARGUMENTS
        for done in (ibkr_sync(*verbose, *arguments, env={"IBKR_SYNC_DATABASE": url}),)
    )

    assert message
    assert [secret for secret in SECRETS if secret in message] == []
    if log.exists():
        assert [secret for secret in SECRETS if secret in log.read_text()] == []


@pytest.mark.parametrize("way", ["flag", "file", "profile"])
def test_no_secret_is_reported_wherever_the_url_stands(ibkr_sync: CommandLine, way: str) -> None:
    flags = ("--database", USERINFO) if way == "flag" else ()
    if way == "file":
        ibkr_sync.configure(f'database = "{USERINFO}"\n[gateway]\nport = 0\n')
    if way == "profile":
        ibkr_sync.configure(f'[profiles.local]\ndatabase = "{USERINFO}"\n')

    shown = ibkr_sync(*flags, "config", "show", "--json")
    checked = ibkr_sync(*flags, "config", "check")
    failed = ibkr_sync(*flags, "get", "ES", "--json")

    for done in (shown, checked, failed):
        assert "hush" not in done.out + done.err
    if way == "file":
        assert (shown.code, checked.code, failed.code) == (2, 2, 2)
    else:
        assert (shown.code, failed.code) == (0, 7)
        values = {setting["key"]: setting["value"] for setting in shown.json["settings"]}
        assert values["database.location" if way == "flag" else "database"] == (
            "postgresql://u:***@127.0.0.1:1/db?sslpassword=***&password=***"
        )
        assert "postgresql://u:***@127.0.0.1:1/db" in failed.err
        assert "Check that the server is up" in failed.err
