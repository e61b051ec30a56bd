"""The dialects of TWS by server version, behind one interface.

Up to 200 all is text. From 201 on a binary message id comes first and, message by message,
protobuf behind it.
"""

from ibkr_sync.infrastructure.replay.protocol.dialect.base import (
    NEWEST_SERVER_VERSION,
    NEWEST_TEXT_SERVER_VERSION,
    OLDEST_SERVER_VERSION,
    Dialect,
)
from ibkr_sync.infrastructure.replay.protocol.dialect.raw_ids import RawIdDialect
from ibkr_sync.infrastructure.replay.protocol.dialect.text import (
    TextDialect,
    ascii7,
    market_rule_fields,
)

__all__ = [
    "NEWEST_SERVER_VERSION",
    "NEWEST_TEXT_SERVER_VERSION",
    "OLDEST_SERVER_VERSION",
    "Dialect",
    "RawIdDialect",
    "TextDialect",
    "ascii7",
    "dialect_for",
    "market_rule_fields",
]


def dialect_for(server_version: int) -> Dialect:
    """The dialect of a negotiated server version.

    Raises:
        ValueError: no dialect here speaks that version.
    """
    if not OLDEST_SERVER_VERSION <= server_version <= NEWEST_SERVER_VERSION:
        raise ValueError(
            f"server version {server_version} is outside "
            f"{OLDEST_SERVER_VERSION}..{NEWEST_SERVER_VERSION}"
        )
    if server_version <= NEWEST_TEXT_SERVER_VERSION:
        return TextDialect(server_version)
    return RawIdDialect(server_version)
