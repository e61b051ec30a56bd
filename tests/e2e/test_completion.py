"""A shell completes what is stored."""

from __future__ import annotations

from pathlib import Path

from e2e.command_line import CommandLine


def test_stored_names_are_completed(ibkr_sync: CommandLine, stocked: Path) -> None:
    def completed(line: str) -> list[str]:
        words = f"ibkr-sync --database {stocked} {line}"
        env = {
            "_IBKR_SYNC_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        }
        done = ibkr_sync(env=env)
        assert (done.code, done.err) == (0, "")
        return done.out.split()

    ibkr_sync("--database", stocked, "watchlist", "add", "ES", "--group", "night")

    assert completed("show ") == ["CL", "ES", "VIX", "VX"]
    contracts = completed("show es")
    assert contracts[0] == "ES"
    assert len(contracts) > 4
    for contract in contracts:
        assert ibkr_sync("--database", stocked, "show", contract).code == 0
    assert completed("watchlist list --group ") == ["night"]
    assert completed("watchlist remove ") == ["ES"]
    assert "CME" in completed("list --exchange ")
    assert completed("runs --run ")[-1] == "1"
