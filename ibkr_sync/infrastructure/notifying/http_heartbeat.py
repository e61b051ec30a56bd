"""A heartbeat after the protocol of healthchecks.io: a request at the start and one at the end.

The start is `URL/start`, success `URL`, failure `URL/EXIT_CODE`
(https://healthchecks.io/docs/http_api/). Others speak it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPException, HTTPMessage
from threading import Thread
from typing import IO, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from ibkr_sync.domain.databases.database_url import mask_url
from ibkr_sync.domain.errors import NotificationError

_HEADERS: Final = {"User-Agent": "ibkr-sync"}
_TOO_LATE: Final = "no answer in time"


class HttpHeartbeat:
    """Signs of life to a URL, which is a secret but for its host."""

    def __init__(self, url: str, seconds: float) -> None:
        """Take an http or https URL; an answer is waited for so many seconds."""
        self._url = url.rstrip("/")
        self._seconds = seconds

    def begun(self) -> None:
        """Say that it begins; raises NotificationError."""
        self._ask(f"{self._url}/start", self._seconds)

    def ended(self, exit_code: int, seconds: float | None = None) -> None:
        """Say how it ended; raises NotificationError."""
        url = f"{self._url}/{exit_code}" if exit_code else self._url
        self._ask(url, self._seconds if seconds is None else min(seconds, self._seconds))

    def _ask(self, url: str, seconds: float) -> None:
        """Ask in a thread, as neither finding the host nor a slow answer heeds a timeout."""
        reasons: list[str] = []
        asking = Thread(target=lambda: reasons.extend(_failures(url, seconds)), daemon=True)
        asking.start()
        asking.join(seconds)
        if asking.is_alive():
            raise self._failure(_TOO_LATE)
        if reasons:
            raise self._failure(reasons[0])

    def _failure(self, reason: str) -> NotificationError:
        return NotificationError(f"the ping to {mask_url(self._url)}", reason)


def _failures(url: str, seconds: float) -> Iterator[str]:
    """Ask, and give the reason if that failed; no reason holds the URL."""
    try:
        with _opener().open(Request(url, headers=_HEADERS), timeout=seconds):  # noqa: S310 - the opener knows http and https alone
            pass
    except HTTPError as error:
        error.close()
        yield f"it answered {error.code}"
    except URLError as error:
        yield _reason(error.reason)
    except (OSError, HTTPException, ValueError) as error:
        yield _reason(error)


class _SameScheme(HTTPRedirectHandler):
    """Follows a redirect only to where the connection is as safe as it was."""

    def redirect_request(  # noqa: PLR0917 - the base class's signature
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> Request | None:
        """Give the next request, None to fail with the redirect itself."""
        if urlsplit(newurl).scheme != req.type:
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> OpenerDirector:
    """What knows http and https, and neither files nor any other scheme."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        HTTPHandler(),
        HTTPSHandler(),
        HTTPDefaultErrorHandler(),
        _SameScheme(),
        HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _reason(error: object) -> str:
    if isinstance(error, TimeoutError):
        return _TOO_LATE
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
