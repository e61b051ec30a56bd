"""The dialects of TWS by server version, behind one interface.

Up to 200 all is text. From 201 on a binary message id comes first and, message by message,
protobuf behind it.
"""

from gateway.dialects.raw_ids import RawIdDialect
from gateway.dialects.scripted import ScriptedDialect
from gateway.dialects.text import ScriptedTextDialect
from ibkr_sync.infrastructure.replay.protocol.dialect import (
    NEWEST_TEXT_SERVER_VERSION,
    OLDEST_SERVER_VERSION,
)

__all__ = ["NEWEST_SERVER_VERSION", "ScriptedDialect", "dialect_for"]

NEWEST_SERVER_VERSION = 226


def dialect_for(server_version: int) -> ScriptedDialect:
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
        return ScriptedTextDialect(server_version)
    return RawIdDialect(server_version)
