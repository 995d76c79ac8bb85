import os

from holdfast_generated import AccountsApi, ApiClient, BookingApi, Configuration, FindingATimeApi
from holdfast_generated.models import (
    CancellationInputRequest,
    ConfirmationInputRequest,
    HoldInputRequest,
    SignInInputRequest,
)

url = os.environ["HOLDFAST_URL"]
who = SignInInputRequest(email=os.environ["HOLDFAST_EMAIL"], password=os.environ["HOLDFAST_PASSWORD"])
account = AccountsApi(ApiClient(Configuration(host=url))).post_auth_login(who)
client = ApiClient(Configuration(host=url, access_token=account.access_token))
booking = BookingApi(client)

first = FindingATimeApi(client).get_first_available(kind="room").first
assert first
wish = HoldInputRequest(
    resource_id=str(first.resource.id),
    start=first.start.isoformat(),
    duration=first.duration,
    party_size=2,
)
hold = booking.post_holds(hold_input_request=wish)
booked = booking.post_holds_one_confirm(hold.id, confirmation_input_request=ConfirmationInputRequest())
mine = booking.get_reservations_my()
print(mine.upcoming[0].code, booked.status.value, booked.total_cost, booked.currency)
reason = CancellationInputRequest(reason="Only a test")
booking.post_reservations_one_cancel(booked.id, cancellation_input_request=reason)
