"""Values of parameters that are converted without typer, which loads pydantic for any of them.

Pydantic takes longer to load than typer with rich, and 12 MiB. What can't be read here, or is
wrong, is left to typer.
"""

from __future__ import annotations

import sys
from typing import Any, Final

import typer

# Typer keeps the types of contexts and parameters to itself.
# ruff: noqa: ANN401

_LEFT_TO_TYPER: Final = object()
_MOST_DIGITS = 18
_OF_TYPER = ("process_value", "type_descriptor", "multiple", "nargs", "required", "callback")


def read_plain_values(parameter: Any) -> None:
    """Let a parameter read plain values itself, if it doesn't yet.

    A typer whose parameters are made otherwise goes on reading all of them.
    """
    is_known = all(hasattr(parameter, name) for name in _OF_TYPER)
    if "process_value" in vars(parameter) or not is_known:
        return
    process_by_typer = parameter.process_value

    def process_value(context: Any, value: Any) -> Any:
        found = _read(parameter, value)
        if found is _LEFT_TO_TYPER:
            return process_by_typer(context, value)
        return parameter.callback(context, parameter, found) if parameter.callback else found

    parameter.process_value = process_value


def _read(parameter: Any, value: Any) -> Any:
    """The value as typer would give it, or `_LEFT_TO_TYPER`."""
    descriptor = parameter.type_descriptor
    is_several = parameter.multiple or parameter.nargs == -1
    if parameter.required and not value:
        return _LEFT_TO_TYPER
    if value is None:
        return () if is_several else None
    if is_several:
        return list(value) if descriptor.annotation == list[str] else _LEFT_TO_TYPER
    if descriptor.parameter_info.parser is None:
        return _converted(parameter, value)
    try:
        return descriptor.parameter_info.parser(value)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _converted(parameter: Any, value: Any) -> Any:
    kind, choices = parameter.type_descriptor.annotation, parameter.type_descriptor.choices
    if type(value) is kind:
        return value
    if choices is not None:
        return {str(choice): choice for choice in choices}.get(value, _LEFT_TO_TYPER)
    if kind is int and value.isascii() and value.isdecimal() and len(value) <= _MOST_DIGITS:
        is_fitting = (parameter.min or 0) <= int(value) <= (parameter.max or sys.maxsize)
        return int(value) if is_fitting else _LEFT_TO_TYPER
    return _LEFT_TO_TYPER
