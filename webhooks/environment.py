"""Endpoints of the whole installation, as its environment names them."""

from django.conf import settings
from django.utils.translation import gettext as _

from common.transactions import after_commit, retried_atomic
from webhooks.enums import Preset
from webhooks.events import usual_events
from webhooks.listening import touch_listeners
from webhooks.models import WebhookEndpoint

_done: dict[str, str] | None = None
"""What this process has written already."""


def configured() -> dict[str, str]:
    """Preset -> address, of those that are set."""
    found = {
        Preset.CRM: settings.CRM_SERVICE_URL,
        Preset.EMAIL: settings.EMAIL_SERVICE_URL,
        Preset.NOTIFICATION: settings.NOTIFICATION_SERVICE_URL,
    }
    return {str(preset): url for preset, url in found.items() if url}


def token_for(preset: str) -> str:
    """The bearer token that goes with an address of the environment; never stored."""
    return str(settings.CRM_BEARER_TOKEN if preset == Preset.CRM else settings.BACKEND_SERVICE_TOKEN)


@retried_atomic
def _write_all(wanted: dict[str, str]) -> None:
    for preset, url in wanted.items():
        _write(preset, url)
    gone = WebhookEndpoint.objects.filter(venue=None, is_active=True).exclude(preset__in=wanted)
    if gone.update(is_active=False, disabled_reason=_("It is not in the environment any more.")):
        touch_listeners(None)


def keep_up() -> None:
    """Writes the environment's endpoints, once per process."""
    wanted = configured()
    if wanted == _done:
        return None
    if not wanted and not _any_left():
        return _remember(wanted)
    _write_all(wanted)
    return after_commit(_remember, wanted)


def _any_left() -> bool:
    return WebhookEndpoint.objects.filter(venue=None, is_active=True).exists()


def _write(preset: str, url: str) -> None:
    defaults = {"url": url, "events": usual_events(preset)}
    found, _is_new = WebhookEndpoint.objects.get_or_create(venue=None, preset=preset, defaults=defaults)
    if found.url != url or not found.is_active:
        changed = WebhookEndpoint.objects.filter(pk=found.pk)
        changed.update(url=url, is_active=True, disabled_reason="", failing_since=None, paused_until=None)
        touch_listeners(None)


def _remember(wanted: dict[str, str]) -> None:
    global _done
    _done = wanted
