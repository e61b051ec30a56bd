"""`version`: which ibkr-sync this is."""

from __future__ import annotations

from ibkr_sync_cli.terminal.output import Output


def version() -> None:
    """Print the version."""
    from ibkr_sync.version import __version__

    Output().write_text(f"ibkr-sync {__version__}")
