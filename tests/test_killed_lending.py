"""A process killed between giving back and the commit has changed nothing; the next try serves once."""

import sys

import pytest

from lending.models import LoanEvent
from lending.services import return_loan
from lending.tests.helpers import NOBODY, ask, make_thing, status
from notifications.tests.helpers import kinds_to
from tests.processes import PATIENCE, running
from tests.racing import assert_never_overbooked

SCRIPT = """
import os, signal, sys, uuid
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
from lending.services import return_loan
from lending.signals import loans_changed
from reservations.domain.values import Actor

def die(changes, **kwargs):
    print("reached", changes[0].kind, flush=True)
    if changes[0].kind == "approved":
        os.kill(os.getpid(), signal.SIGKILL)

loans_changed.connect(die)
return_loan(loan_id=uuid.UUID(sys.argv[1]), actor=Actor())
"""


@pytest.mark.django_db(transaction=True)
def test_killed_between_giving_back_and_the_commit() -> None:
    thing = make_thing()
    out, waiting = ask(thing), ask(thing)

    with running(sys.executable, "-c", SCRIPT, str(out.uuid)) as found:
        assert found.process.wait(timeout=PATIENCE) == -9, found.output
        assert "reached returned\nreached approved" in found.output

    assert status(out, waiting) == ["out", "requested"]
    assert_never_overbooked()
    return_loan(loan_id=out.uuid, actor=NOBODY)
    assert status(out, waiting) == ["returned", "out"]
    assert LoanEvent.objects.filter(kind="approved", loan=waiting).count() == 1
    assert kinds_to(waiting.borrower.email) == ["loan_requested", "loan_approved"]
    assert_never_overbooked()
