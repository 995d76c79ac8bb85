"""What the pages of facilitators and staff share about prices and instalments."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from classes import services
from classes.price_forms import PriceRows, PricesPaper
from common.errors import DomainError
from reservations.domain.values import Actor

SAVED = 302


def describe_rows(paper: PriceRows) -> dict[str, Any]:
    """Each by its name, too, for the list of what is wrong."""
    return {**{str(row.prefix): row for row in paper.rows}, "paper": paper}


def save_prices(request: HttpRequest, paper: PricesPaper, actor: Actor) -> tuple[DomainError | None, int]:
    """What a service refused, and the status: ``SAVED``, or that of the page that is shown again."""
    if not paper.is_bound:
        return None, 200
    if not paper.is_valid():
        return None, 400
    try:
        services.change_prices(
            session_id=paper.session.pk,
            tiers=paper.read_edits(),
            plan=paper.read_plan(),
            actor=actor,
            version=paper.version,
        )
    except DomainError as error:
        return error, error.status
    messages.success(request, _("Saved."))
    return None, SAVED
