"""Elements of a page. Whatever is text stays text: the serialiser escapes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from xml.etree.ElementTree import Element

T = TypeVar("T")

Content = Element | str


def element(tag: str, *contents: Content, **attributes: str) -> Element:
    """An element with texts and elements in it.

    Of a name of an attribute `_` at the end is dropped, and any other is a hyphen.
    """
    names = {name: name.rstrip("_").replace("_", "-") for name in attributes}
    made = Element(tag, {names[name]: value for name, value in attributes.items()})
    for content in contents:
        if isinstance(content, Element):
            made.append(content)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + content
        else:
            made.text = (made.text or "") + content
    return made


def drawing(name: str, *contents: Content, height: int, **attributes: str) -> Element:
    """A drawing as wide as there is room, so many pixels high; `name` says it to who can't see it.

    Its places are percentages of the width, so that shapes keep their form on any screen.
    """
    return element(
        "svg",
        element("title", name),
        *contents,
        role="img",
        width="100%",
        height=str(height),
        **attributes,
    )


def percent(share: float) -> str:
    """A share of a width, kept within it."""
    return f"{100 * min(max(share, 0.0), 1.0):.2f}".rstrip("0").rstrip(".") + "%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How a long list is shown: what is open, what is folded, and what is left to a command."""

    open: int
    most: int
    rest: str


def folded(
    items: Sequence[T], cut: Cut, show: Callable[[Sequence[T]], Element], what: str
) -> Iterable[Element]:
    """The first items, the others folded, and a sentence where there are more still."""
    yield show(items[: cut.open])
    hidden = items[cut.open : cut.most]
    if hidden:
        summary = element("summary", f"{len(hidden)} more {what}")
        yield element("details", summary, show(hidden))
    if len(items) > cut.most:
        more = f"And {len(items) - cut.most} more {what}: "
        yield element("p", more, element("code", cut.rest), class_="aside")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading, and its class for the style."""

    heading: Content
    class_: str = ""


def table(
    caption: str, columns: Sequence[Column], rows: Iterable[Sequence[Content]], class_: str = ""
) -> Element:
    """A table whose first cells are the headings of their lines."""
    # A telephone shows a line as a block; roles keep it a line of a table for a screen reader.
    lines = (
        element(
            "tr",
            *(
                _cell("td" if place else "th", cell, column)
                for place, (cell, column) in enumerate(zip(row, columns, strict=True))
            ),
            role="row",
        )
        for row in rows
    )
    headings = (
        element("th", column.heading, scope="col", role="columnheader", class_=column.class_)
        for column in columns
    )
    return element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *headings, role="row"), role="rowgroup"),
        element("tbody", *lines, role="rowgroup"),
        role="table",
        class_=class_,
    )


def _cell(tag: str, content: Content, column: Column) -> Element:
    if tag == "th":
        return element(tag, content, scope="row", role="rowheader", class_=column.class_)
    return element(tag, content, role="cell", class_=column.class_)
