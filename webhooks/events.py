"""Events that other programs can hear of. Each app registers its own, and makes their bodies."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rest_framework.renderers import JSONRenderer

from common.registry import Registry
from webhooks.enums import EVERYTHING, Preset

Json = dict[str, Any]
Bodies = Iterable[tuple[str, Json]]
"""Bodies by a word that tells them apart."""


@dataclass(frozen=True, slots=True)
class Event:
    """``presets`` are those whose endpoints hear of it unless they select something else."""

    presets: frozenset[str] = frozenset()


events: Registry[Event] = Registry("webhook events")


def usual_events(preset: str) -> list[str]:
    """What an endpoint of the preset hears of unless it selects something else."""
    if preset == Preset.GENERIC:
        return [EVERYTHING]
    return [name for name, event in events.items() if preset in event.presets]


def plain(value: Any) -> Json:
    """As it is read again from JSON."""
    found: Json = json.loads(JSONRenderer().render(value))
    return found


class Report:
    """What an event tells; asked only when an endpoint is to hear of it, once for all of them.

    A preset that has nothing to say of the event sends nothing.
    """

    @cached_property
    def data(self) -> Json:
        """As staff read it through the API."""
        raise NotImplementedError

    def bodies(self, event: str, preset: str) -> Bodies:
        makers = {
            Preset.GENERIC: self.generic,
            Preset.CRM: self.crm,
            Preset.EMAIL: self.email,
            Preset.NOTIFICATION: self.notification,
        }
        return makers[Preset(preset)](event)

    def generic(self, event: str) -> Bodies:
        yield "", {"type": event, "data": self.data}

    def crm(self, event: str) -> Bodies:
        return ()

    def email(self, event: str) -> Bodies:
        return ()

    def notification(self, event: str) -> Bodies:
        return ()
