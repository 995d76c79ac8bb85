"""Endpoints of the whole installation, as its environment names them."""

from django.conf import settings
from django.utils.translation import gettext as _

from common.transactions import after_commit, retried_atomic
from webhooks.enums import Preset
from webhooks.events import usual_events
from webhooks.listening import touch_listeners
from webhooks.models import WebhookEndpoint

# What this process has written already, so that most calls ask nothing of the database.
_written: dict[str, str] | None = None


def configured_endpoints() -> dict[str, str]:
    """Preset -> address, of those that are set."""
    addresses = {
        Preset.CRM: settings.CRM_SERVICE_URL,
        Preset.EMAIL: settings.EMAIL_SERVICE_URL,
        Preset.NOTIFICATION: settings.NOTIFICATION_SERVICE_URL,
    }
    return {str(preset): url for preset, url in addresses.items() if url}


def environment_token(preset: str) -> str:
    """The bearer token for an address of the environment; never stored."""
    return str(settings.CRM_BEARER_TOKEN if preset == Preset.CRM else settings.BACKEND_SERVICE_TOKEN)


@retried_atomic
def _write_endpoints(wanted: dict[str, str]) -> None:
    for preset, url in wanted.items():
        _write_endpoint(preset, url)
    # What the environment no longer names is switched off, not deleted: its log stays.
    gone = WebhookEndpoint.objects.filter(venue=None, is_active=True).exclude(preset__in=wanted)
    if gone.update(is_active=False, disabled_reason=_("No longer set in the environment.")):
        touch_listeners(None)


def sync_endpoints() -> None:
    wanted = configured_endpoints()
    if wanted == _written:
        return None
    if not wanted and not _has_active_endpoints():
        return _remember_written(wanted)
    _write_endpoints(wanted)
    # Only after the commit: a transaction that is undone must write them again.
    return after_commit(_remember_written, wanted)


def _has_active_endpoints() -> bool:
    return WebhookEndpoint.objects.filter(venue=None, is_active=True).exists()


def _write_endpoint(preset: str, url: str) -> None:
    defaults = {"url": url, "events": usual_events(preset)}
    endpoint, _is_new = WebhookEndpoint.objects.get_or_create(venue=None, preset=preset, defaults=defaults)
    if endpoint.url != url or not endpoint.is_active:
        rows = WebhookEndpoint.objects.filter(pk=endpoint.pk)
        rows.update(url=url, is_active=True, disabled_reason="", failing_since=None, paused_until=None)
        touch_listeners(None)


def _remember_written(wanted: dict[str, str]) -> None:
    global _written
    _written = wanted
