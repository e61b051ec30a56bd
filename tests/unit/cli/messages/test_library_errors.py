"""Whatever keeps ibapi from being loaded is reported with its remedy."""

from __future__ import annotations

import pytest

from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.library import library_error
from ibkr_sync_cli.messages.errors import explain_error
from ibkr_sync_cli.messages.exit_codes import ExitCode


class VersionError(Exception):
    """What protobuf raises where it is older than what was generated for it."""


@pytest.mark.parametrize(
    ("error", "sentence", "next_step"),
    [
        (
            ModuleNotFoundError("No module named 'google'", name="google.protobuf"),
            "because of protobuf: No module named 'google'.",
            "pip install --upgrade protobuf",
        ),
        (
            ModuleNotFoundError("No module named 'google'", name="google"),
            "protobuf is not installed",
            "pip install protobuf",
        ),
        (
            ModuleNotFoundError("No module named 'ibapi'", name="ibapi"),
            "ibapi is not installed, and IBKR can't be asked without it.",
            "pip install ibapi",
        ),
        (
            ModuleNotFoundError("No module named 'ibapi.client'", name="ibapi.client"),
            "because of ibapi: No module named 'ibapi.client'",
            "--force-reinstall",
        ),
        (SyntaxError("invalid syntax"), "because of ibapi: invalid syntax", "--force-reinstall"),
        (VersionError("old"), "because of protobuf: old.", "pip install --upgrade protobuf"),
        (RuntimeError(), "because of ibapi: RuntimeError.", "--force-reinstall"),
    ],
)
def test_what_keeps_the_library_from_being_loaded_has_a_remedy(
    error: Exception, sentence: str, next_step: str
) -> None:
    explanation = explain_error(library_error(error))

    assert explanation.exit_code is ExitCode.USAGE
    assert sentence in explanation.sentence
    assert next_step in (explanation.next_step or "")
