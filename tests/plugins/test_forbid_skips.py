"""With --forbid-skips nothing can be skipped unseen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
ALLOWED = """
@pytest.mark.xfail(reason='known', strict=True)
def test_that_fails(): assert False

def test_that_passes(): pass
"""


def run(folder: Path, content: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(f"import pytest\n{content}\n")
    (folder / "conftest.py").write_text("pytest_plugins = ['plugins.forbid_skips']\n")
    return subprocess.run(  # noqa: S603 - pytest itself
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "xdist", *options],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("content", CASES.values(), ids=CASES.keys())
def test_a_skip_fails_the_run_with_its_reason(tmp_path: Path, content: str) -> None:
    done = run(tmp_path, content, "--forbid-skips")

    assert done.returncode != 0
    assert "--forbid-skips: " in done.stdout
    assert "no ladder" in done.stdout or "no_ladder" in done.stdout


def test_a_skip_fails_the_run_of_several_workers_too(tmp_path: Path) -> None:
    done = run(tmp_path, CASES["mark"], "--forbid-skips", "-n", "1")

    assert done.returncode == 1
    assert "--forbid-skips: " in done.stdout


def test_expected_failures_are_no_skips(tmp_path: Path) -> None:
    done = run(tmp_path, ALLOWED, "--forbid-skips")

    assert done.returncode == 0
    assert "1 passed, 1 xfailed" in done.stdout


def test_without_the_option_skips_stay_skips(tmp_path: Path) -> None:
    done = run(tmp_path, CASES["call"])

    assert done.returncode == 0
    assert "1 skipped" in done.stdout


def test_what_the_machine_can_not_do_is_reported_and_does_not_fail(tmp_path: Path) -> None:
    content = 'def test_it(): pytest.skip("this machine can\'t mount")\ndef test_that(): pass'
    for workers in ((), ("-n", "1")):
        done = run(tmp_path, content, "--forbid-skips", *workers)

        assert done.returncode == 0
        assert "1 passed, 1 skipped" in done.stdout
        _, message = done.stdout.split("not tried on this machine")
        assert "this machine can't mount" in message
