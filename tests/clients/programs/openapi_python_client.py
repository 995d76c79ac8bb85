import os
from typing import TypeVar

from holdfast_client import AuthenticatedClient, Client
from holdfast_client.api.accounts import post_auth_login
from holdfast_client.api.booking import (
    get_reservations_my,
    post_holds,
    post_holds_one_confirm,
    post_reservations_one_cancel,
)
from holdfast_client.api.finding_a_time import get_first_available
from holdfast_client.models import (
    CancellationInputRequest,
    ConfirmationInputRequest,
    CreatedReservation,
    FirstFree,
    FirstFreeAnswer,
    GetFirstAvailableKind,
    HoldInputRequest,
    MyReservations,
    Reservation,
    SignedIn,
    SignInInputRequest,
)

T = TypeVar("T")


def required(answer: object, kind: type[T]) -> T:
    assert isinstance(answer, kind), answer
    return answer


url = os.environ["HOLDFAST_URL"]
who = SignInInputRequest(email=os.environ["HOLDFAST_EMAIL"], password=os.environ["HOLDFAST_PASSWORD"])
account = required(post_auth_login.sync(client=Client(url), body=who), SignedIn)
client = AuthenticatedClient(url, token=account.access_token)

found = required(get_first_available.sync(client=client, kind=GetFirstAvailableKind.ROOM), FirstFreeAnswer)
first = required(found.first, FirstFree)
wish = HoldInputRequest(
    resource_id=str(first.resource.id),
    start=first.start.isoformat(),
    duration=first.duration,
    party_size=2,
)
hold = required(post_holds.sync(client=client, body=wish), CreatedReservation)
booked = required(
    post_holds_one_confirm.sync(hold.id, client=client, body=ConfirmationInputRequest()), Reservation
)
mine = required(get_reservations_my.sync(client=client), MyReservations)
print(mine.upcoming[0].code, booked.status.value, booked.total_cost, booked.currency)
reason = CancellationInputRequest(reason="Only a test")
post_reservations_one_cancel.sync(booked.id, client=client, body=reason)
