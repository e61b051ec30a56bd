"""The shapes that stand for dates and severities: told apart by form as well as by colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibkr_sync.domain.delivery.expirations import ExpirationKind
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync_cli.page.elements import element, percent

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SHAPES = {
    ExpirationKind.LONG_CUTOFF: "M0-6 6 0 0 6-6 0Z",
    ExpirationKind.NOTICE: "M0-6 6 5H-6Z",
    ExpirationKind.SHORT_CUTOFF: "M0-5 5 0 0 5-5 0Z",
    ExpirationKind.LAST_TRADE: "M-5 0A5 5 0 1 0 5 0 5 5 0 1 0-5 0Z",
}
"""Around their middle, in pixels."""

_BEYOND = "M-4-5 3 0-4 5"


def shared_shapes() -> Element:
    """The shapes that all drawings use, which draws nothing by itself."""
    shapes = (
        element("path", id=kind.value, d=shape, class_=f"mark {kind.value}")
        for kind, shape in _SHAPES.items()
    )
    hatch = element(
        "pattern",
        element("path", d="M-2 8 8-2M2 12 12 2", class_="hatch"),
        id="unknown",
        width="8",
        height="8",
        patternUnits="userSpaceOnUse",
    )
    beyond = element("path", id="beyond", d=_BEYOND, class_="beyond")
    return element(
        "svg",
        element("defs", *shapes, beyond, hatch),
        width="0",
        height="0",
        aria_hidden="true",
        class_="shapes",
    )


def mark(shape: str, x: str, y: float) -> Element:
    """A shape at a place of a drawing."""
    return element("use", href=f"#{shape}", x=x, y=f"{y:g}")


def date_mark(kind: ExpirationKind, share: float, y: float) -> Element:
    """A day in the calendar at its place."""
    return mark(kind.value, percent(share), y)


def legend_mark(kind: ExpirationKind) -> Element:
    """The shape alone, for the key to the drawings."""
    shape = mark(kind.value, "8", 8)
    return element("svg", shape, width="16", height="16", aria_hidden="true")


_SEVERITY_SIGNS = {Severity.INFO: "•", Severity.NOTICE: "▲", Severity.CRITICAL: "◆"}


def severity_mark(severity: Severity) -> Element:
    """The sign of a severity, which its word stands beside."""
    return element("span", _SEVERITY_SIGNS[severity], aria_hidden="true", class_="sign")
