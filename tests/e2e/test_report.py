"""All that is stored as one page, in a file that is complete or not there."""

from __future__ import annotations

from pathlib import Path

from e2e.command_line import CommandLine


def test_the_page_has_what_the_commands_say(ibkr_sync: CommandLine, delivered: Path) -> None:
    database = ("--database", delivered)
    done = ibkr_sync(*database, "report", "--html", "page.html")
    assert (done.code, done.out) == (0, "")
    page = (ibkr_sync.cwd / "page.html").read_text("utf-8")
    for symbol in ("GC", "ZC", "ZN", "LE", "ES"):
        (nearest,) = ibkr_sync(*database, "next", symbol, "--json").json["contracts"]
        assert f'<time datetime="{nearest["hold_until"]}">' in page
        assert f"{nearest['local_symbol']}, {nearest['days_left']} days left, by " in page
    (near, *_) = ibkr_sync(*database, "expirations", "--within", "90d", "--json").json[
        "expirations"
    ]
    assert f'<time datetime="{near["date"]}">' in page


def test_the_page_replaces_no_database_and_nothing_else_says_where_it_goes(
    ibkr_sync: CommandLine, delivered: Path
) -> None:
    before = delivered.read_bytes()
    database = ("--database", delivered)
    over = ibkr_sync(*database, "report", "--html", delivered)
    twice = ibkr_sync(*database, "report", "--html", "page.html", "-o", "other.txt")
    nowhere = ibkr_sync(*database, "report", "--html", "nowhere/page.html")
    assert (over.code, twice.code, nowhere.code) == (2, 2, 2)
    assert "is the database" in over.err
    assert "so --output does not go with it" in twice.err
    assert "folder 'nowhere' does not exist" in nowhere.err
    assert delivered.read_bytes() == before
    assert list(ibkr_sync.cwd.iterdir()) == []
