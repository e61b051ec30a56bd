"""What the log shows, and what it keeps to itself."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from ibkr_sync.config.settings import LogSettings
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.errors import RunInterrupted
from ibkr_sync.domain.runs.sync_policy import SyncRun
from ibkr_sync_cli.terminal.bounded_logs import MAX_BYTES, MAX_BYTES_ALIKE, LogAllowance
from ibkr_sync_cli.terminal.logs import LoggedRun, log_to_file, log_to_stderr

HOSTILE = "TWS says \x1b[2J\u202e[bold]"


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Give the root logger back as it was."""
    root = logging.getLogger()
    before = ([*root.handlers], root.level, logging.raiseExceptions)
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers, level, logging.raiseExceptions = before
    root.setLevel(level)


def log_everything() -> None:
    log = logging.getLogger("ibkr_sync.test")
    log.debug("debug")
    log.info("info")
    log.warning(HOSTILE)
    log.error("failed", exc_info=ValueError(HOSTILE))


@pytest.mark.parametrize(
    ("options", "levels"),
    [
        ({"verbosity": 0, "quiet": False}, ["warning", "error"]),
        ({"verbosity": 1, "quiet": False}, ["info", "warning", "error"]),
        ({"verbosity": 2, "quiet": False}, ["debug", "info", "warning", "error"]),
        ({"verbosity": 9, "quiet": False}, ["debug", "info", "warning", "error"]),
        ({"verbosity": 0, "quiet": True}, ["error"]),
    ],
)
def test_each_v_says_more_and_quiet_errors_alone(
    capsys: pytest.CaptureFixture[str], options: dict[str, int], levels: list[str]
) -> None:
    log_to_stderr(LoggedRun(), **options, log_format="json", debug=False)  # type: ignore[arg-type]
    log_everything()

    out, err = capsys.readouterr()
    entries = [json.loads(line) for line in err.splitlines()]
    assert out == ""
    assert [entry["level"] for entry in entries] == levels
    assert {entry["logger"] for entry in entries} == {"ibkr_sync.test"}
    assert all(entry["at"].endswith("+00:00") for entry in entries)
    assert err.isascii()


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("debug", [False, True])
def test_tracebacks_are_for_debug(
    capsys: pytest.CaptureFixture[str], log_format: str, debug: bool
) -> None:
    log_to_stderr(LoggedRun(), verbosity=0, quiet=False, log_format=log_format, debug=debug)
    log_everything()

    err = capsys.readouterr().err
    assert ("ValueError" in err) is debug
    assert "\x1b" not in err
    assert "failed" in err


def test_text_for_people_holds_no_code(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr(LoggedRun(), verbosity=0, quiet=False, log_format="text", debug=False)
    log_everything()

    lines = capsys.readouterr().err.splitlines()
    assert all(line.isprintable() for line in lines)
    assert r"TWS says \x1b[2J\u202e[bold]" in lines[0]


def test_a_file_keeps_more_than_stderr_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.log"
    log_to_stderr(LoggedRun(), verbosity=0, quiet=True, log_format="json", debug=False)
    log_to_file(LoggedRun(), LogSettings(file=str(path), format="json"))
    log_everything()

    kept = [json.loads(line) for line in path.read_text().splitlines()]
    assert [entry["level"] for entry in kept] == ["info", "warning", "error"]
    assert "ValueError" in kept[-1]["traceback"]
    assert "ValueError" not in capsys.readouterr().err


def test_without_a_file_nothing_is_added() -> None:
    log_to_stderr(LoggedRun(), verbosity=0, quiet=False, log_format=None, debug=False)
    log_to_file(LoggedRun(), LogSettings())

    assert len(logging.getLogger().handlers) == 1


def test_what_ibapi_logs_of_every_frame_stays_out(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr(LoggedRun(), verbosity=2, quiet=False, log_format="json", debug=False)
    logging.getLogger("ibapi.client").info("SENDING DU1234567")

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_line_names_the_run_that_its_call_has_opened(tmp_path: Path, log_format: str) -> None:
    file = tmp_path / "run.log"
    opened = LoggedRun()
    log_to_file(opened, LogSettings(file=str(file), format=log_format))
    log = logging.getLogger("ibkr_sync.test")
    log.info("before")
    opened.note(
        SyncRun(run_id=17, origin=Origin.IBKR, started_at=datetime(2026, 11, 23, tzinfo=UTC))
    )
    log.info("during")
    elsewhere = Thread(target=log.info, args=("in another thread",))
    elsewhere.start()
    elsewhere.join()

    lines = file.read_text(encoding="utf-8").splitlines()
    if log_format == "json":
        assert [json.loads(line).get("run") for line in lines] == [None, 17, 17]
    else:
        assert [line.endswith(" [run 17]") for line in lines] == [False, True, True]


def test_an_interruption_is_no_failure_of_a_library(tmp_path: Path) -> None:
    file = tmp_path / "run.log"
    log_to_file(LoggedRun(), LogSettings(file=str(file), format="json"))
    log = logging.getLogger("sqlalchemy.pool")
    log.error("Exception closing connection", exc_info=RunInterrupted(15))
    log.error("Exception closing connection", exc_info=OSError("gone"))
    (line,) = file.read_text().splitlines()
    assert "gone" in line


def test_messages_alike_are_counted_once_they_are_too_many(tmp_path: Path) -> None:
    file = tmp_path / "run.log"
    log_to_stderr(LoggedRun(), verbosity=0, quiet=True, log_format="json", debug=False)
    log_to_file(LoggedRun(), LogSettings(file=str(file), format="json"))
    log = logging.getLogger("ibkr_sync.test")
    for number in range(10_000):
        log.warning("TWS %s", f"{number} {'x' * 200}")
    log.warning("another")
    for handler in logging.getLogger().handlers:
        handler.close()

    entries = [json.loads(line)["message"] for line in file.read_text().splitlines()]
    written = [entry for entry in entries if entry.startswith("TWS ")]
    assert len(written) > 2_000
    assert sum(map(len, written)) < MAX_BYTES_ALIKE
    assert entries[-2] == "another"
    assert entries[-1] == f"{10_000 - len(written)} more messages were not logged: TWS %s"


def test_a_log_is_bounded_whatever_the_wording(tmp_path: Path) -> None:
    file = tmp_path / "run.log"
    log_to_file(LoggedRun(), LogSettings(file=str(file), format="text"))
    log = logging.getLogger("ibkr_sync.test")
    for number in range(5_000):
        log.warning(f"{number} " + "\U0001f680" * 300)  # noqa: G003 - each a wording of its own
    for handler in logging.getLogger().handlers:
        handler.close()
    assert file.stat().st_size < MAX_BYTES + 10_000


def admitted(wordings: int, length: int) -> int:
    """How many messages are admitted, each of its own wording and of so many characters."""
    allowance = LogAllowance()
    messages = (f"{number:05}".ljust(length, "x") for number in range(wordings))
    records = (logging.LogRecord("x", 10, "", 0, message, None, None) for message in messages)
    return sum(map(allowance.admits, records))


def test_all_messages_together_are_bounded() -> None:
    assert 0 < admitted(300, 100_000) * 100_000 < MAX_BYTES


def test_messages_of_ever_new_wording_are_alike() -> None:
    assert 500 < admitted(10_000, 1_000) < 1_500
