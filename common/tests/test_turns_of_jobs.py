"""One tick sends what the jobs before it have written."""

from common import periodic
from common.lanes import Lane
from common.periodic import jobs


def test_what_sends_comes_after_what_writes() -> None:
    names = [job.name for job in periodic._in_turn()]
    assert sorted(names) == sorted(jobs.names())
    senders = ("notifications.deliver", "webhooks.deliver")
    writers = [name for name in names if jobs[name].lane == Lane.DEFAULT or name.startswith("payments.")]
    assert max(map(names.index, writers)) < min(map(names.index, senders))
    assert names.index("reservations.expire_holds") < names.index("waitlist.offer_freed_capacity")
