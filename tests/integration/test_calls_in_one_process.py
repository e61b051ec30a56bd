"""Calls of the command line in one process know nothing of one another."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.examples import ES
from ibkr_sync.interchange.product_document import product_to_document
from ibkr_sync_cli.app import app
from ibkr_sync_cli.terminal.output import Output

Refresh = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Give the root logger back as it was."""
    root = logging.getLogger()
    before = (root.handlers, root.level)
    yield
    root.handlers, level = before
    root.setLevel(level)


@pytest.fixture
def refresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Refresh:
    """Refresh ES from a file of this instant; gives what is printed as JSON."""
    monkeypatch.chdir(tmp_path)
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    now = datetime.now(UTC)
    document = product_to_document(ES, now) | {"synced_at": now.isoformat()}
    (tmp_path / "es.json").write_text(json.dumps(document), encoding="utf-8")

    def call(*options: str) -> dict[str, Any]:
        command = ["--database", "own.db", "refresh", "ES", "--source", "file:es.json", "--json"]
        app([*command, *options], obj=Output(color=False), standalone_mode=False)
        printed: dict[str, Any] = json.loads(capsys.readouterr().out)
        return printed

    return call


def test_a_refresh_that_records_nothing_names_no_run(refresh: Refresh) -> None:
    assert [refresh()["run"], refresh()["run"]] == [1, 2]
    fresh, planned = refresh("--stale", "1d"), refresh("--dry-run")
    assert (fresh["run"], planned["run"]) == (None, None)
    assert [product["state"] for product in fresh["products"]] == ["fresh"]
