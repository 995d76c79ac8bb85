from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from common.second_factor import is_administrator
from reservations.policies import Booker
from resources.permissions import roles_of

if TYPE_CHECKING:
    from accounts.models import User


def read_bookers(user: "User | AnonymousUser", venue_ids: Sequence[int]) -> dict[int, Booker]:
    """What the rules need to know of the visitor at each venue. On pages, staff book like customers."""
    if not user.pk:
        return dict.fromkeys(venue_ids, Booker())
    member_of = roles_of(user)
    is_root = is_administrator(user)
    return {
        venue_id: Booker(is_signed_in=True, is_member=is_root or venue_id in member_of)
        for venue_id in venue_ids
    }
