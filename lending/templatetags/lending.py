from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from django import template
from django.contrib.auth.models import AnonymousUser
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common.templatetags.holdfast import minutes
from lending import words
from lending.enums import Approval
from lending.models import Loan
from lending.naming import tell_name
from lending.offering import Offer
from lending.places import Place
from lending.policies import Terms
from lending.selectors import Expectation

if TYPE_CHECKING:
    from accounts.models import User
    from lending.listing import Entry

    Viewer = User | AnonymousUser

register = template.Library()
ENDS = ("", "keep", "pick up", "place", "reserved")
"""Of ``until_text``: what is over once its time has come."""


@register.simple_tag
def wait_text(expected: Expectation | None, now: datetime, zone: tzinfo, terms: Terms | None = None) -> str:
    is_approved = terms is not None and terms.approval == Approval.MANUAL
    return words.describe_wait(expected, now, zone, is_approved=is_approved)


@register.simple_tag
def grant_text(offer: Offer, zone: tzinfo) -> str:
    """What whoever asks now would have."""
    granted, terms = offer.granted, offer.terms
    if granted is None:
        return ""
    if terms.pickup_window:
        return _("Reserved for you for %(length)s to pick it up.") % {"length": minutes(terms.pickup_window)}
    return words.describe_grant(granted, zone)


@register.simple_tag
def until_text(
    at: datetime, now: datetime, zone: tzinfo, what: str = "", *, short: bool = False, button: str = ""
) -> SafeString:
    """Until when, as a time that can be read by programs; ``what`` says of what."""
    texts = {
        "": _("until %(time)s"),
        "due": _("Due %(time)s"),
        "was due": _("Was due %(time)s"),
        "keep": _("If you still use it, choose “%(button)s” before %(time)s."),
        "pick up": _("Pick it up by %(time)s"),
        "reserved": _("to be picked up by %(time)s"),
        "paused": _("Paused until %(time)s. You keep your place."),
        "place": _("Choose “%(button)s” before %(time)s, or you lose it."),
    }
    if at <= now and what in ENDS:
        # What ends with it comes within a minute; until then nothing is promised any more.
        return conditional_escape(_("Time is up."))
    return _with_time(texts[what].replace("%(button)s", button), at, zone, short=short)


@register.simple_tag
def since_text(at: datetime, zone: tzinfo) -> SafeString:
    return _with_time("%(time)s", at, zone)


def _with_time(text: str, at: datetime, zone: tzinfo, *, short: bool = False) -> SafeString:
    before, _mark, after = text.partition("%(time)s")
    shown, machine = words.time_text(at, zone, short=short), at.astimezone(zone).isoformat()
    return format_html('{}<time datetime="{}">{}</time>{}', before, machine, shown, after)


@register.simple_tag
def shown_name(loan: Loan, place: Place, user: "Viewer") -> str:
    """Of who has it or waits, as far as this reader may know."""
    return tell_name(loan.who, loan, user, place.venue_catalog)


@register.filter
def place_in(loan: Loan, positions: Mapping[int, int]) -> str:
    """From 1, among all who may be given the same things; empty for who has just left."""
    return str(positions.get(loan.pk, ""))


@register.filter
def any_of(things: Iterable[Any]) -> str:
    return words.describe_choice([thing.name for thing in things])


@register.filter
def skip_text(reason: str) -> str:
    return str(words.SKIPPED.get(reason, ""))


@register.filter
def terms_lines(terms: Terms) -> list[str]:
    return words.describe_terms(terms)


@register.filter
def feature_names(entry: "Entry", names: Mapping[str, str]) -> list[str]:
    return sorted(names[slug] for slug in entry.feature_slugs if slug in names)
