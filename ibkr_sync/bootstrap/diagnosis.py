"""What looks for faults, in what a profile names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ibkr_sync.bootstrap.catalogue import profile_catalogue
from ibkr_sync.bootstrap.clock import Clock, utc_now
from ibkr_sync.bootstrap.database import profile_database
from ibkr_sync.bootstrap.replay import gateway_parameters
from ibkr_sync.config.settings import NotifySettings, ProfileSettings

if TYPE_CHECKING:
    from ibkr_sync.application.services.diagnosis import DiagnosisService, ProfileProbes
    from ibkr_sync.domain.runs.diagnosis.gateway import GatewayFacts
    from ibkr_sync.domain.runs.diagnosis.installation import SettingsFacts
    from ibkr_sync.domain.runs.diagnosis.notifiers import NotifierFacts


@contextmanager
def diagnosis(
    settings: SettingsFacts,
    profile: ProfileSettings | None,
    gateway: ProfileSettings | None,
    notify: NotifySettings | None,
    *,
    clock: Clock = utc_now,
) -> Iterator[DiagnosisService]:
    """What looks for faults: in the database of `profile`, and at the gateway of `gateway`.

    Without settings that can be used these and `notify` are None. Nothing is written, and no lock
    is taken.
    """
    from ibkr_sync.application.services.diagnosis import DiagnosisService, InstallationProbes
    from ibkr_sync.infrastructure import machine
    from ibkr_sync.infrastructure.repositories.ibkr_repo.probes.library_probe import probe_library

    installation = InstallationProbes(
        python=machine.probe_python,
        library=probe_library,
        time_zones=machine.probe_time_zones,
        schedule=lambda: machine.probe_schedules(Path.home()),
    )
    with ExitStack() as stack:
        probes = None
        if profile is not None and gateway is not None and notify is not None:
            probes = _profile_probes(profile, gateway, notify, clock, stack)
        yield DiagnosisService(settings, installation, probes, clock)


def _profile_probes(
    profile: ProfileSettings,
    gateway: ProfileSettings,
    notify: NotifySettings,
    clock: Clock,
    stack: ExitStack,
) -> ProfileProbes:
    from ibkr_sync.application.services.diagnosis import ProfileProbes
    from ibkr_sync.infrastructure.repositories.ibkr_repo.probes.gateway_probe import GatewayProbe
    from ibkr_sync.infrastructure.repositories.local_repo.database_probe import DatabaseProbe

    def probe_gateway() -> GatewayFacts:
        parameters = gateway_parameters(gateway, clock, stack)
        return GatewayProbe(parameters, profile_catalogue(gateway), clock).facts()

    database = DatabaseProbe(partial(profile_database, profile), clock)
    return ProfileProbes(
        database=database.facts,
        lock=database.lock,
        gateway=probe_gateway,
        notifiers=partial(_notifier_facts, notify),
        keep_raw_replies=profile.keep_raw_replies,
    )


def _notifier_facts(settings: NotifySettings) -> NotifierFacts:
    from ibkr_sync.domain.databases.database_url import mask_url
    from ibkr_sync.domain.runs.diagnosis.notifiers import NotifierFacts
    from ibkr_sync.infrastructure.notifying.program_probe import obstacle_to

    program = settings.command[0] if settings.command else None
    return NotifierFacts(
        heartbeat=mask_url(settings.ping_url) if settings.ping_url else None,
        program=program,
        obstacle=obstacle_to(program) if program else None,
    )
