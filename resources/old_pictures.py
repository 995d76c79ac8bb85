"""A picture that nothing shows any more leaves the disk."""

from functools import partial
from typing import Any

from django.db import models
from django.db.models.signals import post_delete

from common.transactions import after_commit
from resources.models import Resource, Venue
from resources.photos import delete_photo

FIELDS: dict[type[models.Model], str] = {Resource: "photo", Venue: "logo"}
"""Of each model with pictures; products add their own (``watch_pictures``)."""


def forget_picture(name: str) -> None:
    """After the commit, unless another row shows it as well; a full or slow disk spoils nothing."""
    if name:
        after_commit(partial(_delete_unused, name))


def _delete_unused(name: str) -> None:
    if not any(model._base_manager.filter(**{field: name}).exists() for model, field in FIELDS.items()):
        delete_photo(name)


def forget_pictures_of(*, sender: type[models.Model], instance: Any, **kwargs: Any) -> None:
    forget_picture(str(getattr(instance, FIELDS[sender])))


def watch_pictures(model: type[models.Model], field: str) -> None:
    FIELDS[model] = field
    post_delete.connect(forget_pictures_of, sender=model)


def connect() -> None:
    for model, field in list(FIELDS.items()):
        watch_pictures(model, field)
