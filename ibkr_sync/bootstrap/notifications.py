"""Whoever is to be notified of a refresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibkr_sync.config.settings import NotifySettings

if TYPE_CHECKING:
    from ibkr_sync.application.notifying.refresh_notifications import RefreshNotifications


def refresh_notifications(settings: NotifySettings) -> RefreshNotifications:
    """Whoever is to be notified of a refresh."""
    from ibkr_sync.application.notifying.refresh_notifications import RefreshNotifications
    from ibkr_sync.domain.history.severity import Severity

    heartbeat, hook = None, None
    if settings.ping_url is not None:
        from ibkr_sync.infrastructure.notifying.http_heartbeat import HttpHeartbeat

        heartbeat = HttpHeartbeat(settings.ping_url, settings.timeout)
    if settings.command:
        from ibkr_sync.infrastructure.notifying.command_hook import CommandHook

        hook = CommandHook(settings.command, settings.timeout)
    return RefreshNotifications(heartbeat, hook, Severity(settings.severity))
