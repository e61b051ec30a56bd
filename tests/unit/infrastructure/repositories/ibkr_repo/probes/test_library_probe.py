"""Whoever installed a package called ibapi is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from ibkr_sync.domain.runs.diagnosis.findings import Fix
from ibkr_sync.domain.runs.diagnosis.installation import judge_library
from ibkr_sync.infrastructure.repositories.ibkr_repo.probes.library_probe import probe_library


def test_two_owners_of_the_package_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = probe_library()
    other = tmp_path / "ibapi_of_others-10.45.1.dist-info"
    other.mkdir()
    (other / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: ibapi-of-others\nVersion: 10.45.1\n"
    )
    (other / "top_level.txt").write_text("ibapi\n")
    monkeypatch.syspath_prepend(tmp_path)

    facts = probe_library()

    assert (before.error, facts.version) == (None, before.version)
    assert facts.owners == {**before.owners, "ibapi-of-others": "10.45.1"}
    assert judge_library(facts).fix is Fix.INSTALL_ONE_LIBRARY
