"""Stored products, in files that other systems read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibkr_sync.application.services.export import ExportMoment
from ibkr_sync.config.database_paths import is_of_database
from ibkr_sync.domain.history.moments import parse_last_moment
from ibkr_sync.interchange.exports.export_tally import ExportTally
from ibkr_sync.interchange.exports.formats import FORMATS, ExportTarget, FormatName
from ibkr_sync.interchange.files.replaced_file import replace_file
from ibkr_sync.interchange.files.replaced_folder import replace_files
from ibkr_sync.library.arguments import (
    Narrowing,
    Since,
    Symbol,
    choice_of,
    limits_of,
    refuse_narrowing,
    written_moment,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from ibkr_sync.library.session import Session


def write_export(
    session: Session,
    to: str,
    path: Path,
    symbols: Collection[Symbol],
    *,
    as_of: Since | None,
    given: Narrowing,
) -> ExportTally:
    """Write what symbols mean, or all, as of a past moment or now (see `ReferenceData.export`)."""
    refuse_narrowing(symbols, given)
    name = choice_of(FormatName, to)
    chosen = FORMATS[name]
    if chosen.target is ExportTarget.USERS_FILE:
        raise ValueError(f"{to} has no file to write: the command line reviews yours")
    database = session.profile.database_file
    if database is not None and is_of_database(database, path):
        raise ValueError(f"{str(path)!r} is the database, or a file beside it")
    build, limits, now = chosen.builder(), limits_of(given), session.now()
    past = None if as_of is None else parse_last_moment(written_moment(as_of, now), now)
    moment = ExportMoment.of(past, now)
    tally, is_past = ExportTally(), moment.as_of is not None
    with session.reading() as services:
        wanted = [session.wanted(services, one, limits, is_past=is_past) for one in symbols]
        products = services.export.products(wanted if symbols else None, moment)
        parts = tally.files(build(tally.counted(products, lambda *_: None), moment.at))
        if chosen.target is ExportTarget.FOLDER:
            replace_files(path, name.value, ((part.path, part.content) for part in parts))
        else:
            replace_file(path, (part.content for part in parts))
    return tally
