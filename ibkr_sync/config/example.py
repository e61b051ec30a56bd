"""The commented example of a config file, which is also what a new one starts as."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ibkr_sync.config.safe_text import safe_text
from ibkr_sync.domain.errors import ConfigNotWrittenError, ConfigProblem

_EXAMPLE_FILE = "config.example.toml"


def example_text() -> str:
    """Give the text of the example: every setting with its default, commented out."""
    here = Path(__file__).parent
    places = (here, here.parents[1])  # as installed, or at the top of a checkout
    example = next(place / _EXAMPLE_FILE for place in places if (place / _EXAMPLE_FILE).exists())
    return example.read_text(encoding="utf-8")


def write_example(path: Path, *, force: bool = False) -> None:
    """Write the example to `path`, readable by its owner alone, all of it or nothing.

    Missing folders are made. Raises ConfigNotWrittenError if the file exists, unless `force`
    replaces it, or if it can't be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if force:
            _replace(path, example_text())
        else:
            _create(path, example_text())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _refused(path, f"can't be written: {reason}") from error


def _create(path: Path, text: str) -> None:
    # Taking the name first refuses an existing file without a gap, and an empty file is a valid
    # config for whoever reads it before the text is in place.
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise _refused(path, "exists already", "--force replaces it") from None
    try:
        _replace(path, text)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _replace(path: Path, text: str) -> None:
    # Temporary files are made with mode 0600.
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        temporary = Path(file.name)
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _refused(path: Path, message: str, suggestion: str | None = None) -> ConfigNotWrittenError:
    return ConfigNotWrittenError(
        [ConfigProblem(source=safe_text(str(path)), key="", message=message, suggestion=suggestion)]
    )
