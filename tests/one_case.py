"""Tries a test with many values in one case, which names every value that fails."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence

import pytest

Test = Callable[..., None]


def one_case(names: str | tuple[str, ...], values: Iterable[object]) -> Callable[[Test], Test]:
    """As `pytest.mark.parametrize`, but all values are one case, and share its fixtures.

    A case of its own for each costs a hundred times what most tests of a rule do.

    Raises ExceptionGroup with every failure, each with a note of its values.
    """
    is_single = isinstance(names, str)
    parameters = (names,) if isinstance(names, str) else names
    tried = [_arguments(value, is_single=is_single) for value in values]
    assert tried, "a test without values tries nothing"

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def try_all(*args: object, **fixtures: object) -> None:
            failures: list[BaseException] = []
            for values_of_one in tried:
                arguments = dict(zip(parameters, values_of_one, strict=True))
                try:
                    test(*args, **fixtures, **arguments)
                except (Exception, pytest.fail.Exception) as failure:  # noqa: BLE001 - all are reported
                    failure.add_note(f"with {arguments}")
                    failures.append(failure)
            if failures:
                raise BaseExceptionGroup(f"{len(failures)} of {len(tried)} values", failures)

        signature = inspect.signature(test)
        left = [
            parameter for name, parameter in signature.parameters.items() if name not in parameters
        ]
        try_all.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
        return try_all

    return decorate


def _arguments(value: object, *, is_single: bool) -> Sequence[object]:
    if isinstance(value, type(pytest.param())):
        assert not value.marks, "a mark is for a case of its own"
        return value.values
    if is_single:
        return (value,)
    assert isinstance(value, Sequence), value
    return value
