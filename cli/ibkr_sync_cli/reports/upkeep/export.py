"""Files for other systems: written anew, or, where they are the user's own, reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ibkr_sync.interchange.exports.export_tally import ExportTally
from ibkr_sync.interchange.exports.formats import FORMATS, ExportTarget
from ibkr_sync_cli.reports.progress import activity
from ibkr_sync_cli.reports.upkeep.export_tally import report_tally
from ibkr_sync_cli.reports.upkeep.wanted_products import wanted_products
from ibkr_sync_cli.reports.upkeep.written_export import write_parts
from ibkr_sync_cli.units.quantities import quantity_of

if TYPE_CHECKING:
    from ibkr_sync.bootstrap.services import Services
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync_cli.arguments.export import ExportRequest
    from ibkr_sync_cli.invocation import Call
    from ibkr_sync_cli.messages.exit_codes import ExitCode

_WITHOUT_HISTORY: Final = (
    "not known of the past, and so left empty: the last trade as it was sent, order types, "
    "sizes of orders, how contracts settle, and hours"
)


def report_export(call: Call, services: Services[Future], request: ExportRequest) -> ExitCode:
    """Write what is asked for, and say what could not be written; gives the exit code."""
    if request.target is ExportTarget.USERS_FILE:
        from ibkr_sync_cli.reports.upkeep.table_review import report_table_review

        return report_table_review(call, services, request)
    build, tally = FORMATS[request.format].builder(), ExportTally()
    wanted = wanted_products(call.output, services.futures, request)
    with activity(call.output, "Exporting") as show:
        products = tally.counted(services.export.products(wanted, request.moment), show)
        parts = tally.files(build(products, request.moment.at))
        written = write_parts(call.output, request, parts)
    for text in written.texts:
        call.output.write_text(text)
    if written.deleted:
        files = quantity_of(written.deleted, "file")
        call.output.note(f"{files} of the former export deleted")
    if request.moment.as_of is not None:
        call.output.note(_WITHOUT_HISTORY)
    return report_tally(
        call.output, request.path, tally, allow_collisions=request.allows_collisions
    )
