"""What is stored of borrowers."""

from collections.abc import Iterable
from typing import Any

from accounts import privacy
from accounts.privacy import Person, Traces
from common.subjects import Subject
from tests.example_product.models import SUBJECT, Umbrella


class UmbrellasPart(privacy.Part):
    sections = {"umbrellas": ""}
    covers = ("example_product.Umbrella.customer",)

    def read(self, person: Person) -> dict[str, Any]:
        return {"umbrellas": [each.payload for each in Umbrella.objects.filter(customer=person.user)]}

    def subjects(self, person: Person) -> Iterable[Subject]:
        ids = Umbrella.objects.filter(customer=person.user).values_list("pk", flat=True)
        return [Subject(SUBJECT, str(pk)) for pk in ids]

    def words(self, person: Person) -> Iterable[str]:
        return Umbrella.objects.filter(customer=person.user).values_list("customer_name", flat=True)

    def erase(self, person: Person, traces: Traces) -> None:
        Umbrella.objects.filter(customer=person.user).update(customer_name="", customer_email="")


def register() -> None:
    privacy.parts.register("example_product", UmbrellasPart())
