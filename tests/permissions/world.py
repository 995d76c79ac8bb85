"""The rows that the table's requests are about, made when first asked for: two venues and their people."""

import re
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.core import mail
from django.test import Client

from accounts.models import ApiKey
from accounts.services.keys import create_key
from calendars.kinds import BuiltInKind
from calendars.models import CalendarFeed, ExternalCalendar, ExternalEvent
from calendars.services import add_calendar, make_feed
from common.clock import now
from common.models import Job
from common.sealing import seal
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.links import token_for
from reservations.models import Reservation, ReservationSeries
from reservations.series import Pattern, book_series
from reservations.services import check_in
from reservations.tests.api_helpers import local
from resources.enums import Approval
from resources.models import (
    AvailabilityOverride,
    BookingRules,
    CancellationPolicy,
    Feature,
    OpeningHours,
    PriceRule,
    Question,
    Resource,
    ResourceGroup,
)
from tests.factories import PASSWORD, book, hold, make_group, make_resource, make_rules, make_user
from tests.permissions.lessons import Lessons
from waitlist.links import token_for as waitlist_token_for
from waitlist.models import WaitlistEntry
from waitlist.tests.helpers import join, offer
from webhooks.models import WebhookDelivery, WebhookEndpoint
from webhooks.services import create_endpoint, send_test


class World(Lessons):
    """Everything private carries a text of its own, so that an answer in which it turns up is noticed."""

    # --- Configuration --------------------------------------------------------------------------

    @cached_property
    def room(self) -> Resource:
        return make_resource(self.venue, name="Blue room", slug="blue-room")

    @cached_property
    def spare(self) -> Resource:
        """Nobody has booked it."""
        return make_resource(self.venue, name="Red room", slug="red-room")

    @cached_property
    def hidden_room(self) -> Resource:
        """Out of service: the venue's people alone see it."""
        return make_resource(self.venue, name="Secret attic", slug="attic", is_active=False)

    @cached_property
    def rules(self) -> BookingRules:
        return make_rules(self.venue, name="Secret rules")

    @cached_property
    def policy(self) -> CancellationPolicy:
        return CancellationPolicy.objects.create(venue=self.venue, name="Secret policy")

    @cached_property
    def price_rule(self) -> PriceRule:
        rule = PriceRule.objects.create(venue=self.venue, name="Secret price", basis="hour", amount=40)
        rule.resources.add(self.hidden_room)
        return rule

    @cached_property
    def question(self) -> Question:
        return Question.objects.create(venue=self.venue, resource=self.hidden_room, text="Secret question")

    @cached_property
    def override(self) -> AvailabilityOverride:
        return AvailabilityOverride.objects.create(
            venue=self.venue,
            resource=self.hidden_room,
            starts_on=date(2030, 1, 1),
            ends_on=date(2030, 1, 1),
            reason="Secret works",
        )

    @cached_property
    def template(self) -> OpeningHours:
        return self.venue.opening_hours.order_by("pk")[0]

    @cached_property
    def group(self) -> ResourceGroup:
        return make_group([self.spare], name="Rooms", slug="rooms")

    @cached_property
    def hidden_group(self) -> ResourceGroup:
        return make_group([self.hidden_room], name="Secret group", slug="hidden", is_active=False)

    @cached_property
    def feature(self) -> Feature:
        return Feature.objects.create(venue=self.venue, name="Piano", slug="piano")

    # --- What people have ------------------------------------------------------------------------

    @cached_property
    def of_customer(self) -> dict[str, Any]:
        return {"customer": Customer.from_user(self.customer), "actor": Actor(self.customer)}

    @cached_property
    def reservation(self) -> Reservation:
        return book(self.room, local(7, 10), requests="Secret wish", **self.of_customer)

    @cached_property
    def led(self) -> Reservation:
        """With the facilitator, who leads nothing else."""
        coach = make_resource(self.venue, name="Coach", slug="coach", person=self.person("facilitator"))
        return book(coach, local(9, 10), **self.of_customer)

    @cached_property
    def pending(self) -> Reservation:
        """Awaits approval."""
        rules = make_rules(self.venue, approval=Approval.MANUAL)
        room = make_resource(self.venue, rules=rules)
        return book(room, local(7, 10), **self.of_customer)

    @cached_property
    def begun(self) -> Reservation:
        """Its start has passed."""
        reservation = book(self.room, local(7, 14), **self.of_customer)
        start = now().replace(second=0, microsecond=0) - timedelta(minutes=30)
        Reservation.objects.filter(pk=reservation.pk).update(starts_at=start)
        return reservation

    @cached_property
    def checked_in(self) -> Reservation:
        reservation = book(self.room, local(7, 18), **self.of_customer)
        return check_in(reservation_id=reservation.pk, actor=Actor(), now=reservation.starts_at)

    @cached_property
    def held(self) -> Reservation:
        found = hold(self.room, local(7, 12), **self.of_customer)
        self.renew(found)
        return found

    def renew(self, held: Reservation) -> None:
        """It ends soon, so that it can be extended, and not before the test does."""
        Reservation.objects.filter(pk=held.pk).update(expires_at=now() + timedelta(minutes=2))

    @cached_property
    def series(self) -> ReservationSeries:
        pattern = Pattern(
            venue_id=self.venue.pk,
            items=(ItemRequest(self.room.pk),),
            first_on=local(8).date(),
            at=local(8, 9).time(),
            duration=timedelta(hours=1),
            rule="FREQ=WEEKLY;COUNT=3",
        )
        return book_series(pattern=pattern, **self.of_customer)[0]

    @cached_property
    def entry(self) -> WaitlistEntry:
        return join(self.room, **self.of_customer)

    @cached_property
    def offered(self) -> WaitlistEntry:
        """Somebody who waits and to whom a time was offered."""
        entry = join(self.spare, **self.of_customer)
        self.__dict__["offer"] = offer(entry)
        return entry

    @cached_property
    def key(self) -> ApiKey:
        return create_key(user=self.customer, name="Secret till", scopes=["read"])[0]

    @cached_property
    def job(self) -> Job:
        """The customer's."""
        return Job.objects.create(user=self.customer, path="/api/series", body=seal({}), created_at=now())

    @cached_property
    def webhook(self) -> WebhookEndpoint:
        address = "https://93.184.215.14/hook"
        return create_endpoint(venue=self.venue, url=address, description="Secret webhook")[0]

    @cached_property
    def delivery(self) -> WebhookDelivery:
        return send_test(endpoint=self.webhook)

    @cached_property
    def feed(self) -> CalendarFeed:
        return make_feed(user=self.customer, kind=BuiltInKind.CUSTOMER)

    @cached_property
    def external_calendar(self) -> ExternalCalendar:
        """With one event that is in conflict."""
        found = add_calendar(
            resource=self.hidden_room, name="Secret choir", url="https://93.184.215.14/secret-path.ics"
        )
        ExternalEvent.objects.create(
            venue_id=found.venue_id,
            calendar=found,
            starts_at=local(7, 10),
            ends_at=local(7, 11),
            uids=["a"],
            summary="Secret rehearsal",
            conflict="Booked",
        )
        return found

    # --- Of the other venue, and of another customer -----------------------------------------------

    @cached_property
    def other_room(self) -> Resource:
        return make_resource(self.other_venue, name="Green room", slug="green-room")

    @cached_property
    def other_reservation(self) -> Reservation:
        """A stranger's, at the other venue."""
        return book(self.other_room, customer=Customer(name="Stranger", email="stranger@people.example"))

    @cached_property
    def others_reservation(self) -> Reservation:
        """Another customer's, at this venue."""
        user = self.person("other_customer")
        assert user is not None
        return book(self.room, local(7, 16), customer=Customer.from_user(user), actor=Actor(user))

    @cached_property
    def other_entry(self) -> WaitlistEntry:
        return join(self.other_room, customer=Customer(name="Waiter", email="waiter@people.example"))

    # --- Secrets -------------------------------------------------------------------------------------

    def tokens(self, id: str) -> dict[str, str]:
        """The headers of a guest who was given the secret of this thing."""
        thing = getattr(self, id, None)
        if isinstance(thing, WaitlistEntry):
            return {"X-Waitlist-Token": waitlist_token_for(thing)}
        reservation = thing if isinstance(thing, Reservation) else self.reservation
        return {"X-Reservation-Token": token_for(reservation)}

    @cached_property
    def refresh_token(self) -> str:
        body = {"login": self.customer.email, "password": PASSWORD}
        answer = Client().post("/api/auth/login", body, content_type="application/json")
        return str(answer.json()["refresh_token"])

    @cached_property
    def verification_key(self) -> str:
        address = EmailAddress.objects.create(user=self.customer, email=self.customer.email, primary=True)
        return str(EmailConfirmationHMAC(address).key)

    @cached_property
    def reset_key(self) -> str:
        """Of somebody who does not sign in meanwhile: that would void it."""
        body = {"email": make_user("forgetful@people.example").email}
        Client().post("/api/auth/password/reset", body, content_type="application/json")
        found = re.search(r"/accounts/password/reset/key/(\S+)/", str(mail.outbox[-1].body))
        assert found
        return found[1]
