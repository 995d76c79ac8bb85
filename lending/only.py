"""What is only lent: ``Resource.extension`` names lending, and nobody books it by time."""

from common.products import products
from lending.enums import PRODUCT
from reservations.domain.extensions import Extension, Proposal, Refusal
from resources.models import Resource
from resources.services.resources import ResourceParts, change_resource
from scheduling.reasons import Reason


class OnlyLent(Extension):
    def refusal(self, proposal: Proposal) -> Refusal | None:
        """What was booked before it was only lent can still be changed."""
        if proposal.reservation is not None:
            return None
        return Refusal(Reason.NOT_BOOKABLE, products[PRODUCT].instead)


def is_only_lent(resource: Resource) -> bool:
    return resource.extension == PRODUCT


def set_only_lent(resource: Resource, *, only: bool) -> None:
    """Raises ``InvalidInput``, ``NotFound``."""
    extension = PRODUCT if only else ""
    if resource.extension in ("", PRODUCT) and resource.extension != extension:
        change_resource(resource=resource, values={"extension": extension}, parts=ResourceParts())
        resource.extension = extension


def retire(resource: Resource) -> None:
    """It is lent no more: if it was only lent, its managers say what becomes of it."""
    if is_only_lent(resource):
        values = {"extension": "", "is_active": False}
        change_resource(resource=resource, values=values, parts=ResourceParts())
