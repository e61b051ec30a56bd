"""What it means that ibapi can't be loaded."""

from __future__ import annotations

from ibkr_sync.domain.errors import ClientLibraryError

_PROTOBUF = "protobuf"
_LONGEST_DETAIL = 200


def library_error(error: Exception) -> ClientLibraryError:
    """Name the package at fault: ibapi itself, or the protobuf that newer ones are made for.

    protobuf refuses to load what a newer one generated with an error that it calls VersionError.
    """
    module = error.name or "" if isinstance(error, ImportError) else ""
    is_protobuf = type(error).__name__ == "VersionError" or module.startswith("google")
    package = _PROTOBUF if is_protobuf else "ibapi"
    is_missing = isinstance(error, ModuleNotFoundError) and module in ("ibapi", "google")
    detail = " ".join(str(error).split())[:_LONGEST_DETAIL] or type(error).__name__
    return ClientLibraryError(package, detail, is_missing=is_missing)
