"""Sample data stays out of the database that is kept for real data."""

from __future__ import annotations

from pathlib import Path

from e2e.command_line import CommandLine


def test_the_default_database_refuses_sample_data_from_any_source(
    ibkr_sync: CommandLine, stocked: Path, tmp_path: Path
) -> None:
    exported = tmp_path / "es.json"
    exported.write_text(ibkr_sync("--database", stocked, "show", "ES", "--json").out)

    refused = ibkr_sync("get", "ES", "--source", f"file:{exported}", "-f", "table")

    assert refused.code == 4
    assert "sample data" in refused.told
    assert "--database" in refused.told
    assert ibkr_sync("list", "--json").json["products"] == []
