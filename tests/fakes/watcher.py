"""An HTTP server on loopback that watches whether a job runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Watcher(ThreadingHTTPServer):
    """Notes what is asked for, and answers as its path says."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    server: Watcher

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        codes = {"gone": 410, "file": 302, "moved": 302}
        self.send_response(codes.get(self.path.split("/")[1], 200))
        targets = {"file": "file:///etc/hostname", "moved": "/secret"}
        if target := targets.get(self.path.split("/")[1]):
            self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def watching() -> Iterator[Watcher]:
    """A watcher that listens."""
    with Watcher() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
