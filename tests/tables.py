"""Which tables there are, and whose venue their rows name."""

from collections.abc import Iterator

from django.apps import apps
from django.db.models import F, ForeignKey, Model

from resources.models import Venue

FRAMEWORK = ("admin", "auth", "contenttypes", "sessions", "account", "mfa", "socialaccount", "usersessions")


def models() -> Iterator[type[Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label not in FRAMEWORK:
            yield model


def venue_key(model: type[Model]) -> "ForeignKey[Venue] | None":
    for field in model._meta.concrete_fields:
        if isinstance(field, ForeignKey) and field.name == "venue" and field.related_model is Venue:
            return field
    return None


def pairs() -> Iterator[tuple[type[Model], str]]:
    """Each table of venues with each of its keys to another one."""
    for model in models():
        if venue_key(model) is None:
            continue
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey) and venue_key(field.related_model):
                yield model, field.name


def strangers() -> list[tuple[str, str]]:
    """Tables and keys with rows that name another venue than the row they point at."""
    return [
        (model._meta.label, name)
        for model, name in pairs()
        if model._default_manager.exclude(venue=None)
        .exclude(**{f"{name}__venue": None})
        .exclude(**{f"{name}__venue": F("venue")})
        .exists()
    ]
