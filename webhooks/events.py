"""Events that other programs can hear of; each app registers its own and makes their bodies."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from common.registry import Registry
from common.rendering import JSONRenderer
from common.serializing import RowShape, Shape
from webhooks.enums import EVERYTHING, Preset

Json = dict[str, Any]
Bodies = Iterable[tuple[str, Json]]
"""Bodies with a suffix that tells those of one event apart."""


@dataclass(frozen=True, slots=True)
class Event:
    """``presets``: those whose endpoints hear of it unless they select other events.

    ``shape`` renders the ``data`` of its generic body; the API's document shows it, with ``about``.
    """

    presets: frozenset[str] = frozenset()
    shape: type[Shape] | type[RowShape[Any]] | None = None
    about: str = ""


events: Registry[Event] = Registry("webhook events")


def usual_events(preset: str) -> list[str]:
    if preset == Preset.GENERIC:
        return [EVERYTHING]
    return [name for name, event in events.items() if preset in event.presets]


def without_actions(fields: Sequence[str]) -> tuple[str, ...]:
    """Of a shape: what may be done next depends on who asks, and nobody does."""
    return tuple(name for name in fields if name != "allowed_actions")


def as_json(value: Any) -> Json:
    data: Json = json.loads(JSONRenderer().render(value))
    return data


class EventReport:
    """What an event says; built only when an endpoint listens, once for all of them.

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
