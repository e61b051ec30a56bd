"""Where what a user imports comes from."""

from __future__ import annotations

from enum import StrEnum


class ImportOrigin(StrEnum):
    """Where an import came from; what is said first outranks the others."""

    IBKR_CONTRACT = "ibkr_contract"
    IBKR_CLOSE_OUT = "ibkr_close_out"
    EXCHANGE = "exchange"

    @property
    def rank(self) -> int:
        """Lower for what outranks the others."""
        return list(ImportOrigin).index(self)
