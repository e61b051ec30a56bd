"""The codes and texts with which TWS reports errors, and what it says at the start."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ibkr_sync.infrastructure.replay.protocol.dialect import Dialect
from ibkr_sync.infrastructure.replay.protocol.reply_parts import Plan, ReplyMessage, ReplyPart

PACING: Final = 100
NOT_FOUND: Final = 200
UNREADABLE: Final = 320
INVALID: Final = 321
CLIENT_ID_IN_USE: Final = 326
PORT_RESET: Final = 1300

TEXTS: Final[dict[int, str]] = {
    PACING: "Max rate of messages per second has been exceeded",
    162: "Historical Market Data Service error message",
    NOT_FOUND: "No security definition has been found for the request",
    UNREADABLE: "Error reading request.",
    INVALID: "Error validating request.",
    322: "Error processing request.",
    CLIENT_ID_IN_USE: (
        "Unable to connect as the client id is already in use. Retry with a unique client id."
    ),
    1100: "Connectivity between IB and the TWS has been lost.",
    1101: "Connectivity between IB and TWS has been restored- data lost.",
    1102: "Connectivity between IB and TWS has been restored- data maintained.",
    PORT_RESET: "TWS socket port has been reset and this connection is being dropped.",
    2103: "Market data farm connection is broken:usfuture",
    2104: "Market data farm connection is OK:usfuture",
    2105: "HMDS data farm connection is broken:ushmds",
    2106: "HMDS data farm connection is OK:ushmds",
    2107: "HMDS data farm connection is inactive but should be available upon demand.ushmds",
    2108: "Market data farm connection is inactive but should be available upon demand.usfuture",
    2110: (
        "Connectivity between Trader Workstation and server is broken. "
        "It will be restored automatically."
    ),
    2119: "Market data farm is connecting:usfuture",
    2157: "Sec-def data farm connection is broken:secdefil",
    2158: "Sec-def data farm connection is OK:secdefil",
}

AT_START: Final = (2104, 2106, 2158)
ACCOUNTS: Final = "DU0000000"


def plan_start_notices(dialect: Dialect, now: datetime) -> Plan:
    """What follows a client's START_API: next valid id, accounts, and the farms' state."""
    return [
        ReplyMessage(dialect.next_valid_id(1), ReplyPart.NEXT_VALID_ID),
        ReplyMessage(dialect.managed_accounts(ACCOUNTS)),
        *(ReplyMessage(dialect.error(-1, code, TEXTS[code], now)) for code in AT_START),
    ]
