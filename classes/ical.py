"""A venue's timetable for calendar programs: public, so without anybody's name but the teachers'."""

from collections.abc import Iterator, Sequence

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from calendars.feeds import FeedPeriod, join_chunks, make_tag
from calendars.ical import END, IcalCalendar, IcalEvent, uid_host, write_event, write_opening
from calendars.ical_rows import CALLED_OFF
from classes.enums import SessionStatus
from classes.models import Session
from classes.words import name_place
from common.postal import one_line
from resources.models import Venue

MOST_EVENTS = 2000
FORMAT = 1


def make_version(venue: Venue, sessions: Sequence[Session], name: str) -> str:
    """Equal as long as the text is."""
    rows = [(session.pk, session.version, session.status) for session in sessions]
    return make_tag(FORMAT, settings.SITE_URL, venue.pk, venue.config_stamp, name, rows)


def write_sessions(
    venue: Venue, sessions: Sequence[Session], name: str, period: FeedPeriod
) -> Iterator[bytes]:
    with override(settings.LANGUAGE_CODE):
        description = _("Kept up to date by Holdfast.")
        events = [write_event(make_event(session)) for session in sessions]
    zones = (venue.zone_name,)
    calendar = IcalCalendar("PUBLISH", name, description, zones, period.first, period.last)
    return join_chunks([write_opening(calendar)], events, [END])


def make_event(session: Session) -> IcalEvent:
    venue = session.venue
    url = f"{settings.SITE_URL}{reverse('classes-session', args=[venue.slug, session.pk])}"
    is_off = session.status == SessionStatus.CANCELLED
    return IcalEvent(
        uid=f"class-{session.pk}@{uid_host(settings.SITE_URL)}",
        summary=session.title,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        zone=venue.zone_name,
        stamp=max(session.reservation.updated_at, session.created_at),
        sequence=session.version - 1,
        created=session.created_at,
        status=CALLED_OFF if is_off else "CONFIRMED",
        is_opaque=False,
        location=", ".join(filter(None, (name_place(session.place), venue.name, one_line(venue)))),
        description="\n".join(filter(None, (_name_teacher(session), session.cancel_reason, url))),
        url=url,
    )


def _name_teacher(session: Session) -> str:
    """With whom they stand for."""
    teacher, before = session.facilitator, session.substitute_for
    if not teacher.is_public:
        return ""
    if before is None or not before.is_public:
        return _("With %(teacher)s") % {"teacher": teacher.name}
    return _("With %(teacher)s instead of %(before)s") % {"teacher": teacher.name, "before": before.name}
