"""Reports as staff read them, and as files."""

from datetime import timedelta

import pytest

from common.clock import now
from lending import services
from lending.tests.desk_helpers import make_desk, person, text, thing
from lending.tests.helpers import STAFF, ask

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_reports_as_pages_and_files() -> None:
    desk = make_desk()
    bench = thing(desk, "=Bench", loan_period=60)
    first = ask(bench, person("Ada"), now=now() - timedelta(hours=5))
    ask(bench, person("Bob"), now=now() - timedelta(hours=4))
    services.return_loan(loan_id=first.uuid, actor=STAFF)
    for name, words in (("lend-fairness", ("4 hours", "0 minutes")), ("lend-use", ("=Bench",))):
        page = desk.get("", name)
        assert all(word in text(page) for word in words), name
        assert "<rect" in text(page)
        file = desk.get("?format=csv", name)
        assert file["Content-Type"].startswith("text/csv")
        assert file["Content-Disposition"].startswith("attachment")
    assert "'=Bench" in text(desk.get("?format=csv", "lend-use")), "no formula for a spreadsheet"
    assert "Nothing was lent in this time" in text(
        desk.get("?from=2020-01-01&to=2020-01-31", "lend-fairness")
    )
    for query in (
        "?from=2020-02-30",
        "?from=2030-01-02&to=2030-01-01",
        "?from=2000-01-01&to=2030-01-01",
        "?to=x",
    ):
        assert desk.get(query, "lend-use").status_code == 400, query
