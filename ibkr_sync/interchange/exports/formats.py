"""The formats in which stored products can be exported; a new one is a member and a row."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from importlib import import_module
from importlib.util import find_spec
from typing import Final, cast

from ibkr_sync.domain.errors import FrameLibraryMissingError
from ibkr_sync.interchange.exports.export_parts import ExportBuilder


class FormatName(StrEnum):
    """What a format is called."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    LEAN = "lean"
    PYSYSTEMTRADE = "pysystemtrade"
    NAUTILUS = "nautilus"


class ExportTarget(Enum):
    """What is written."""

    TEXT_FILE = auto()
    """One file of text; without a file it goes to stdout."""

    BINARY_FILE = auto()
    FOLDER = auto()
    """Files in a folder that may hold others too."""

    USERS_FILE = auto()
    """A file of the user's own, which is reviewed and corrected; nothing builds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFormat:
    """A format.

    Attributes:
        module: in this package, with a function `build` that is its `ExportBuilder`; of a user's
            file the package that reviews it.
        extra: the extra of ours that it needs, with the library that this brings.
    """

    target: ExportTarget
    module: str
    extra: tuple[str, str] | None = None

    def builder(self) -> ExportBuilder:
        """What makes an export; raises FrameLibraryMissingError."""
        if self.extra is not None and find_spec(self.extra[1]) is None:
            extra, library = self.extra
            raise FrameLibraryMissingError(library, extra)
        module = import_module(f"ibkr_sync.interchange.exports.{self.module}")
        return cast("ExportBuilder", module.build)


FORMATS: Final = {
    FormatName.CSV: ExportFormat(target=ExportTarget.TEXT_FILE, module="products_csv"),
    FormatName.JSONL: ExportFormat(target=ExportTarget.TEXT_FILE, module="products_jsonl"),
    FormatName.PARQUET: ExportFormat(
        target=ExportTarget.BINARY_FILE,
        module="contracts_parquet",
        extra=("parquet", "pyarrow"),
    ),
    FormatName.LEAN: ExportFormat(target=ExportTarget.FOLDER, module="lean_symbols"),
    FormatName.PYSYSTEMTRADE: ExportFormat(target=ExportTarget.USERS_FILE, module="pysystemtrade"),
    FormatName.NAUTILUS: ExportFormat(
        target=ExportTarget.FOLDER, module="nautilus.catalogue", extra=("parquet", "pyarrow")
    ),
}
"""Each format by its name."""
