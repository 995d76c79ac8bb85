"""Which tests are traced for the measurement of coverage: some, since tracing doubles what a test costs."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

TRACED = (
    "accounts/tests/test_api_keys",
    "accounts/tests/test_closing_api",
    "accounts/tests/test_limits",
    "accounts/tests/test_own_account",
    "accounts/tests/test_passwords",
    "accounts/tests/test_register",
    "accounts/tests/test_second_factor",
    "accounts/tests/test_sign_in",
    "calendars/tests/test_feed_api",
    "calendars/tests/test_fetching",
    "calendars/tests/test_import",
    "calendars/tests/test_inviting",
    "lending/tests/test_api",
    "lending/tests/test_desk",
    "lending/tests/test_freeing",
    "lending/tests/test_copies",
    "lending/tests/test_due_dates",
    "lending/tests/test_group_rules",
    "lending/tests/test_lasting",
    "lending/tests/test_late",
    "lending/tests/test_lost",
    "lending/tests/test_parting",
    "lending/tests/test_people",
    "lending/tests/test_policies",
    "lending/tests/test_queueing",
    "lending/tests/test_reservia",
    "lending/tests/test_states",
    "lending/tests/test_while_out",
    "notifications/tests/test_delivering",
    "notifications/tests/test_providers",
    "notifications/tests/test_without_mail",
    "payments/tests/test_charging",
    "payments/tests/test_refunding",
    "payments/tests/test_stripe",
    "reservations/tests/messages/test_lost_links",
    "reservations/tests/test_adding",
    "reservations/tests/test_api_actions",
    "reservations/tests/test_api_changes",
    "reservations/tests/test_api_checkout",
    "reservations/tests/test_api_edges",
    "reservations/tests/test_api_hold_items",
    "reservations/tests/test_api_keys",
    "reservations/tests/test_api_permissions",
    "reservations/tests/test_attendance",
    "reservations/tests/test_cancel_many",
    "reservations/tests/test_choices",
    "reservations/tests/test_declined_moves",
    "reservations/tests/test_deposit_mishaps",
    "reservations/tests/test_deposits",
    "reservations/tests/test_limits",
    "reservations/tests/test_money",
    "reservations/tests/test_nights",
    "reservations/tests/test_replies",
    "reservations/tests/test_series",
    "reservations/tests/test_services",
    "reservations/tests/test_services_rules",
    "reservations/tests/test_staff_freedom",
    "reservations/tests/test_together",
    "resources/tests/test_api_configuration_effects",
    "resources/tests/test_api_configuration_races",
    "resources/tests/test_api_configuration_resources",
    "resources/tests/test_holidays",
    "resources/tests/test_invitation_races",
    "resources/tests/test_invitations",
    "resources/tests/test_pricing",
    "resources/tests/test_set_up",
    "scheduling/tests/test_hours",
    "scheduling/tests/test_load",
    "scheduling/tests/test_slots",
    "scheduling/tests/test_zones",
    "search/tests/test_groups_together",
    "storefront/tests/test_limits",
    "tests/test_extensions",
    "tests/test_guest_data",
    "tests/test_overtaken",
    "tests/test_removing",
    "waitlist/tests/test_api",
    "waitlist/tests/test_calling_off",
    "waitlist/tests/test_duplicates",
    "waitlist/tests/test_long_queues",
    "waitlist/tests/test_nobody_passed_over",
    "waitlist/tests/test_offers",
    "waitlist/tests/test_other_doors",
    "webhooks/tests/test_api",
)
"""They reach what all tests together reach of what has a floor."""


def is_traced(nodeid: str) -> bool:
    return nodeid.startswith(TRACED)


@contextmanager
def nothing_traced() -> Iterator[None]:
    """Here and in new threads, until the end. In a worker, pytest-cov's own pause resumes a second tracer."""
    here, in_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        sys.settrace(here)
        threading.settrace(in_threads)
