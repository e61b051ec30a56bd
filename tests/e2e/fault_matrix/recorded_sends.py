"""The command, with a record of when it sent something to a gateway.

Arguments: the file to which each send adds a line, its monotonic seconds, then the command's own.
"""

from __future__ import annotations

import os
import socket
import sys
import time

from ibkr_sync_cli.__main__ import main


def main_on_record(path: str) -> None:
    """Run the command line."""
    record = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    send = socket.socket.sendall

    def send_on_record(self: socket.socket, data: bytes, flags: int = 0) -> None:
        os.write(record, f"{time.monotonic()!r}\n".encode())
        send(self, data, flags)

    socket.socket.sendall = send_on_record  # type: ignore[method-assign, assignment]
    main()


if __name__ == "__main__":
    main_on_record(sys.argv.pop(1))
