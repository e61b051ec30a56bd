"""Reads the fields of a JSON document that may hold anything, naming the path of what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from ibkr_sync.domain.untrusted_text import quote_untrusted

T = TypeVar("T")


class InvalidDocumentError(ValueError):
    """A document is not what its schema says; `path` leads to the field, empty for the whole."""

    def __init__(self, path: str, detail: str) -> None:
        self.path = path
        self.detail = detail
        super().__init__(f"{path}: {detail}" if path else detail)


class DocumentFields:
    """The fields of one object at `path`; every method raises InvalidDocumentError.

    Those in `keys` must all be present, so that a file that lost a column is not taken for one
    that says nothing about it. Any other may be absent, which is as null, or an empty list.
    """

    def __init__(self, value: object, path: str, *, keys: Iterable[str]) -> None:
        if not isinstance(value, dict):
            raise InvalidDocumentError(path, f"must be an object, not {quote_untrusted(value)}")
        self.path = path
        self._values = value
        for key in keys:
            if key not in value:
                raise InvalidDocumentError(self.path_of(key), "is missing (null says: not known)")

    def path_of(self, key: str) -> str:
        """Give the path of a field."""
        return f"{self.path}.{key}" if self.path else key

    def required(self, key: str, parse: Callable[[object], T]) -> T:
        """Give a field that must have a value."""
        value = self._values.get(key)
        if value is None:
            raise InvalidDocumentError(self.path_of(key), "must have a value")
        return self._parse(value, self.path_of(key), parse)

    def optional(self, key: str, parse: Callable[[object], T]) -> T | None:
        """Give a field that may be null."""
        return None if self._values.get(key) is None else self.required(key, parse)

    def many(self, key: str, parse: Callable[[object], T]) -> tuple[T, ...]:
        """Give a field that holds a list of plain values."""
        return tuple(self._parse(value, path, parse) for path, value in self._items(key))

    def child(
        self, key: str, read: Callable[[DocumentFields], T], *, keys: Iterable[str]
    ) -> T | None:
        """Give a field that holds an object or null."""
        value = self._values.get(key)
        return None if value is None else read(DocumentFields(value, self.path_of(key), keys=keys))

    def children(self, key: str, *, keys: Iterable[str]) -> Iterator[DocumentFields]:
        """Give the objects of a field that holds a list of them, one by one."""
        for path, value in self._items(key):
            yield DocumentFields(value, path, keys=keys)

    def _items(self, key: str) -> Iterator[tuple[str, object]]:
        path = self.path_of(key)
        value = self._values.get(key, [])
        if not isinstance(value, list):
            raise InvalidDocumentError(path, f"must be a list, not {quote_untrusted(value)}")
        for position, item in enumerate(value):
            yield f"{path}[{position}]", item

    @staticmethod
    def _parse(value: object, path: str, parse: Callable[[object], T]) -> T:
        try:
            return parse(value)
        except ValueError as error:
            raise InvalidDocumentError(path, str(error)) from error
