"""The folder that a result of several files is written to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibkr_sync.interchange.files.replaced_folder import MARKER, is_incomplete, replace_files


def contents(folder: Path) -> dict[str, str]:
    """The files below a folder, but for the marker."""
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MARKER
    }


def marked(folder: Path) -> object:
    return json.loads((folder / MARKER).read_text())


def test_files_are_put_in_place_and_those_of_the_former_result_go(tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    replace_files(folder, "lean", [("a/1.csv", b"1"), ("a/1.csv", b"+"), ("b/2.csv", b"2")])
    (folder / "b" / "theirs.csv").write_text("theirs")
    assert replace_files(folder, "lean", [("a/1.csv", b"new"), ("c.json", b"{}")]) == 1

    assert contents(folder) == {"a/1.csv": "new", "b/theirs.csv": "theirs", "c.json": "{}"}
    assert marked(folder) == {
        "schema": "ibkr-sync/export/1",
        "format": "lean",
        "complete": True,
        "files": ["a/1.csv", "c.json"],
    }
    replace_files(folder, "lean", [])
    assert contents(folder) == {"b/theirs.csv": "theirs"}
    assert not (folder / "a").exists()
    with pytest.raises(FileExistsError, match="another export, --to lean"):
        replace_files(folder, "nautilus", [("d.csv", b"")])


def test_what_fails_on_the_way_leaves_all_as_it_was(tmp_path: Path) -> None:
    def broken() -> Iterator[tuple[str, bytes]]:
        yield "a.csv", b"new"
        raise OSError

    replace_files(tmp_path, "lean", [("a.csv", b"old")])
    with pytest.raises(OSError, match=r"^$"):
        replace_files(tmp_path, "lean", broken())

    assert contents(tmp_path) == {"a.csv": "old"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", MARKER]
    with pytest.raises(OSError, match=r"^$"):
        replace_files(tmp_path / "new", "lean", broken())
    assert not (tmp_path / "new").exists()


def test_what_was_cut_short_is_marked_so_and_the_next_one_tidies_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    replace_files(tmp_path, "lean", [("a.csv", b"old"), ("b.csv", b"old")])
    with monkeypatch.context() as stopping:
        stopping.setattr(os, "sync", stopped)
        with pytest.raises(KeyboardInterrupt):
            replace_files(tmp_path, "lean", [("b.csv", b"new"), ("c.csv", b"new")])
    assert is_incomplete(tmp_path)
    assert marked(tmp_path) == {
        "schema": "ibkr-sync/export/1",
        "format": "lean",
        "complete": False,
        "files": ["a.csv", "b.csv", "c.csv"],
    }
    replace_files(tmp_path, "lean", [("a.csv", b"newest")])
    assert contents(tmp_path) == {"a.csv": "newest"}


def test_a_marker_of_others_deletes_nothing_that_is_not_below_the_folder(tmp_path: Path) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    folder.mkdir()
    outside.write_text("theirs")
    files = ["../outside", str(outside), "a/../../outside", 7, None, MARKER, ""]
    broken = ("[" * 100_000, "\x00", json.dumps({"schema": "ibkr-sync/export/1", "files": 7}))
    for text in (json.dumps({"schema": "ibkr-sync/export/1", "files": files}), *broken):
        (folder / MARKER).write_text(text)
        replace_files(folder, "lean", [("a.csv", b"1")])
        assert outside.read_text() == "theirs"
        assert contents(folder) == {"a.csv": "1"}
        (folder / "a.csv").unlink()


def test_a_file_of_others_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("theirs")
    with pytest.raises(FileExistsError, match=r"a\.csv is there, and no former export's"):
        replace_files(tmp_path, "lean", [("a.csv", b"1"), ("b.csv", b"1")])

    assert contents(tmp_path) == {"a.csv": "theirs"}


def test_a_path_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    for name in ("../a", "/a", "a/../b", "a//b", "", ".", MARKER, "a\0", "a\\b"):
        with pytest.raises(ValueError, match="is no path"):
            replace_files(tmp_path, "lean", [(name, b"1")])
    assert contents(tmp_path) == {}
