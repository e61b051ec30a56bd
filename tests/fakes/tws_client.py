"""A bare client of the TWS text protocol, written from the protocol alone."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Sequence
from typing import Self


class TwsClient:
    """Says what it is told to, byte by byte if need be, and shows what came back.

    A missing answer shows as TimeoutError after `timeout` seconds, a closed line as EOFError.
    """

    def __init__(self, port: int, *, timeout: float = 5.0) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.pending = b""
        self.server_version = 0
        self.connected_at = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def send(self, *fields: object) -> None:
        payload = "".join(f"{field}\0" for field in fields).encode()
        self.sock.sendall(struct.pack("!I", len(payload)) + payload)

    def hello(self, versions: str = "v100..200") -> None:
        self.sock.sendall(b"API\0" + struct.pack("!I", len(versions)) + versions.encode())

    def connect(self, versions: str = "v100..200") -> Self:
        """Negotiate a version."""
        self.hello(versions)
        version, self.connected_at = self.receive()
        self.server_version = int(version)
        return self

    def start(self, client_id: int = 7, versions: str = "v100..200") -> Self:
        """Negotiate, start, and read as far as the last of TWS's first notices."""
        self.connect(versions)
        self.send(71, 2, client_id, "")
        self.receive_until("2158")
        return self

    def ask(self, req_id: int = 1, **contract: object) -> None:
        """Send a contract-details request with some fields filled."""
        issuer = (contract.get("issuer_id", ""),) if self.server_version >= 176 else ()
        self.send(
            9,
            8,
            req_id,
            contract.get("con_id", 0),
            contract.get("symbol", ""),
            contract.get("sec_type", "FUT"),
            contract.get("expiry", ""),
            contract.get("strike", ""),
            contract.get("right", ""),
            contract.get("multiplier", ""),
            contract.get("exchange", ""),
            contract.get("primary_exchange", ""),
            contract.get("currency", ""),
            contract.get("local_symbol", ""),
            contract.get("trading_class", ""),
            int(bool(contract.get("include_expired"))),
            contract.get("sec_id_type", ""),
            contract.get("sec_id", ""),
            *issuer,
        )

    def read(self, size: int) -> bytes:
        """Take exactly so many bytes."""
        while len(self.pending) < size:
            data = self.sock.recv(1 << 16)
            if not data:
                raise EOFError(self.pending)
            self.pending += data
        taken, self.pending = self.pending[:size], self.pending[size:]
        return taken

    def receive_payload(self) -> bytes:
        (size,) = struct.unpack("!I", self.read(4))
        return self.read(size)

    def receive(self) -> tuple[str, ...]:
        """The fields of the next message."""
        return tuple(self.receive_payload().decode("utf-8", "surrogateescape").split("\0")[:-1])

    def receive_until(self, text: str) -> list[tuple[str, ...]]:
        """All messages up to the first with a field of that text."""
        messages = [self.receive()]
        while text not in messages[-1]:
            messages.append(self.receive())
        return messages

    def reply(self) -> list[tuple[str, ...]]:
        """All messages up to an end marker."""
        messages = [self.receive()]
        while messages[-1][0] != "52":
            messages.append(self.receive())
        return messages

    def hears_nothing_for(self, seconds: float) -> bool:
        """Whether no byte comes, nor an end of the line."""
        self.sock.settimeout(seconds)
        try:
            self.sock.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return not self.pending
        return False

    def is_closed_by_peer(self) -> bool:
        """Whether the line ends, after whatever is still on it."""
        try:
            while self.sock.recv(1 << 16):
                pass
        except ConnectionResetError:
            return False
        return True

    def is_reset_by_peer(self) -> bool:
        """Whether the line ends by a TCP reset."""
        deadline = time.monotonic() + 5
        try:
            while time.monotonic() < deadline and self.sock.recv(1 << 16):
                pass
        except ConnectionResetError:
            return True
        return False


def decode_contract_data(wire: Sequence[str], server_version: int) -> dict[str, object]:
    """Read message 10 field by field, by the protocol's table of server versions."""
    fields = list(wire)
    row: dict[str, object] = {}

    def take(*names: str) -> None:
        for name in names:
            row[name] = fields.pop(0)

    def take_pairs(name: str) -> None:
        count = int(fields.pop(0))
        row[name] = tuple((fields.pop(0), fields.pop(0)) for _ in range(count))

    assert fields.pop(0) == "10"
    if server_version < 164:
        assert fields.pop(0) == "8"
    take("req_id", "symbol", "sec_type", "last_trade_date_or_contract_month")
    if server_version >= 182:
        take("last_trade_date")
    take("strike", "right", "exchange", "currency", "local_symbol", "market_name")
    take("trading_class", "con_id", "min_tick")
    if 110 <= server_version < 164:
        take("md_size_multiplier")
    take("multiplier", "order_types", "valid_exchanges", "price_magnifier", "under_con_id")
    take("long_name", "primary_exchange", "contract_month", "industry", "category")
    take("subcategory", "time_zone_id", "trading_hours", "liquid_hours")
    take("ev_rule", "ev_multiplier")
    take_pairs("sec_id_list")
    take("agg_group", "under_symbol", "under_sec_type", "market_rule_ids")
    take("real_expiration_date", "stock_type")
    if server_version == 163:
        take("size_min_tick")
    if server_version >= 164:
        take("min_size", "size_increment", "suggested_size_increment")
    if server_version >= 186:
        take_pairs("ineligibility_reasons")
    assert not fields
    return row


def decode_error(wire: Sequence[str], server_version: int) -> tuple[int, int, str]:
    """Read message 4 as request id, code and text."""
    fields = list(wire)
    assert fields.pop(0) == "4"
    if server_version < 194:
        assert fields.pop(0) == "2"
    req_id, code, text = int(fields.pop(0)), int(fields.pop(0)), fields.pop(0)
    if server_version >= 166:
        assert fields.pop(0) == ""
    if server_version >= 194:
        assert int(fields.pop(0)) > 0
    assert not fields
    return req_id, code, text
