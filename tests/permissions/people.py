"""The venues of the permission table, and who asks."""

from functools import cached_property

from django.test import Client

from accounts.models import User
from resources.enums import Role
from resources.models import Venue
from tests.factories import make_member, make_user, make_venue, open_always

ROLES = (
    "anonymous",
    "token",
    "customer",
    "other_customer",
    "facilitator",
    "staff",
    "manager",
    "other_manager",
    "superuser",
)
"""``customer`` owns what is asked about; ``token`` is a guest with its secret; ``other_manager`` has
another venue; ``facilitator``, ``staff`` and ``manager`` are this venue's."""


class People:
    @cached_property
    def venue(self) -> Venue:
        venue = make_venue(name="This venue", slug="this-venue")
        open_always(venue)
        return venue

    @cached_property
    def other_venue(self) -> Venue:
        venue = make_venue(name="Other venue", slug="other-venue", country="FR")
        open_always(venue)
        return venue

    @cached_property
    def closed_venue(self) -> Venue:
        """Not active, and nobody works there."""
        return make_venue(name="Secret venue", slug="closed-venue", is_active=False)

    # --- People -------------------------------------------------------------------------------

    def person(self, role: str) -> User | None:
        """None for guests."""
        if role not in self._people:
            self._people[role] = self._made(role)
        return self._people[role]

    @cached_property
    def _people(self) -> dict[str, User | None]:
        return {}

    def session(self, role: str) -> dict[str, str]:
        """The cookies of a browser in which this person is signed in; guests have none."""
        if role not in self._sessions:
            client, user = Client(), self.person(role)
            if user is not None:
                client.force_login(user)
            self._sessions[role] = {name: each.value for name, each in client.cookies.items()}
        return self._sessions[role]

    @cached_property
    def _sessions(self) -> dict[str, dict[str, str]]:
        return {}

    def _made(self, role: str) -> User | None:
        email = f"{role}@people.example"
        match role:
            case "anonymous" | "token":
                return None
            case "customer":
                return self.customer
            case "other_manager":
                return make_member(self.other_venue, Role.MANAGER, email=email)
            case "superuser":
                return make_user(email, is_staff=True, is_superuser=True)
            case "other_customer":
                return make_user(email)
        return make_member(self.venue, role, email=email)

    @cached_property
    def customer(self) -> User:
        return make_user("grace@people.example", first_name="Grace", last_name="Hopper")
