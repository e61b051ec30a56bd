"""The drawing at the head of the module is the tree of errors as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ibkr_sync.domain import errors

_BRANCH = re.compile(r"^    ([│ ]*)[├└]── (\w+)", re.MULTILINE)
_INDENT = 4
"""Columns of the drawing that a level takes."""


def test_the_drawn_tree_is_the_tree_of_the_classes() -> None:
    assert list(_drawn()) == list(_defined(errors.IbkrSyncError, 0))


def test_only_an_interruption_stands_outside_the_tree() -> None:
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    outside = [
        found.__name__
        for found in classes
        if issubclass(found, BaseException) and not issubclass(found, errors.IbkrSyncError)
    ]
    assert outside == ["RunInterrupted"]
    assert not issubclass(errors.RunInterrupted, Exception)


def _drawn() -> Iterator[tuple[int, str]]:
    for match in _BRANCH.finditer(errors.__doc__ or ""):
        yield len(match[1]) // _INDENT, match[2]


def _defined(parent: type[Exception], depth: int) -> Iterator[tuple[int, str]]:
    """Each class below the parent, in the order of its definition, with its own below it."""
    for child in parent.__subclasses__():
        if child.__module__ == errors.__name__:
            yield depth, child.__name__
            yield from _defined(child, depth + 1)
