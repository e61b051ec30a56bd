"""With --forbid-skips nothing can be skipped unseen."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

PLUGINS = Path(__file__).parents[1]

CASES = {
    "mark": "@pytest.mark.skip(reason='no ladder')\ndef test_it(): pass",
    "call": "def test_it(): pytest.skip('no ladder')",
    "fixture": "@pytest.fixture\ndef it(): pytest.skip('no ladder')\ndef test_it(it): pass",
    "module": "pytest.skip('no ladder', allow_module_level=True)",
    "import": "pytest.importorskip('no_ladder')",
    "excuse": 'def test_it(): pytest.skip("no ladder, so this machine can\'t climb")',
}
ENVIRONMENT = {
    "PATH": os.defpath,
    "PYTHONPATH": str(PLUGINS),
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # they take long to load
}
ALLOWED = {
    "failure": "@pytest.mark.xfail(reason='known', strict=True)\ndef test_it(): assert False",
    "success": "def test_it(): pass",
    "inability": 'def test_it(): pytest.skip("this machine can\'t mount")',
}


def run(folder: Path, modules: Mapping[str, str], *options: str) -> tuple[int, str]:
    """The exit code of a run of these modules, and what it printed."""
    for name, content in modules.items():
        (folder / f"test_{name}.py").write_text(f"import pytest\n{content}\n")
    (folder / "conftest.py").write_text("pytest_plugins = ['plugins.forbid_skips']\n")
    done = subprocess.run(  # noqa: S603 - pytest itself
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "xdist", *options],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_each_kind_of_skip_fails_the_run_with_its_reason(tmp_path: Path) -> None:
    code, printed = run(tmp_path, CASES, "--forbid-skips", "--continue-on-collection-errors")

    assert code == 1
    for name in CASES:
        (line,) = re.findall(rf"^(?:FAILED|ERROR) test_{name}\.py.*", printed, re.MULTILINE)
        assert "--forbid-skips: " in line
        assert "no ladder" in line or "no_ladder" in line


def test_what_may_be_skipped_fails_no_run(tmp_path: Path) -> None:
    code, printed = run(tmp_path, ALLOWED, "--forbid-skips")

    assert code == 0
    assert "1 passed, 1 skipped, 1 xfailed" in printed
    _, message = printed.split("not tried on this machine")
    assert "this machine can't mount" in message


def test_a_skip_fails_the_run_of_several_workers_too(tmp_path: Path) -> None:
    modules = {"mark": CASES["mark"], **ALLOWED}
    code, printed = run(tmp_path, modules, "--forbid-skips", "-n", "1")

    assert code == 1
    assert "1 passed, 1 skipped, 1 xfailed, 1 error" in printed
    assert "--forbid-skips: no ladder" in printed
    _, message = printed.split("not tried on this machine")
    assert "this machine can't mount" in message


def test_without_the_option_skips_stay_skips(tmp_path: Path) -> None:
    code, printed = run(tmp_path, CASES)

    assert code == 0
    assert f"{len(CASES)} skipped" in printed
