"""Long requests that are carried out later, with their progress."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from accounts.services.keys import create_key
from common import clock, progress
from common.jobs import LEASE, carry_out_job, forget_finished_jobs, run_due_jobs
from common.models import Job, JobStatus
from resources.enums import Role
from resources.models import AvailabilityOverride, Resource
from tests.factories import at, make_member, make_resource, make_user, make_venue, open_always

pytestmark = pytest.mark.django_db
CLOSURES = "/api/schedule/closures"
LATER = {"Prefer": "respond-async"}


@pytest.fixture
def room() -> Resource:
    found = make_resource(make_venue())
    open_always(found.venue)
    return found


@pytest.fixture
def manager(room: Resource) -> User:
    return make_member(room.venue, Role.MANAGER)


def send(client: Client, address: str, body: dict[str, Any], **headers: str) -> Any:
    return client.post(address, json.dumps(body), content_type="application/json", headers=headers)


def closure(room: Resource, **fields: Any) -> dict[str, Any]:
    day = at(30).date().isoformat()
    return {"resource_ids": [str(room.uuid)], "starts_on": day, "reason": "Paint"} | fields


def test_a_request_is_carried_out_later(client: Client, room: Resource, manager: User) -> None:
    client.force_login(manager)
    accepted = send(client, CLOSURES, closure(room), **LATER)
    assert accepted.status_code == 202
    assert accepted["Preference-Applied"] == "respond-async"
    assert (accepted.json()["status"], accepted.json()["answer"]) == ("queued", None)
    assert not AvailabilityOverride.objects.exists()

    assert run_due_jobs(now=clock.now()) == 1
    found = client.get(accepted["Location"]).json()
    assert (found["status"], found["answer_status"]) == ("done", 200)
    assert found["answer"]["overrides"][0]["reason"] == "Paint"
    assert AvailabilityOverride.objects.count() == 1
    assert run_due_jobs(now=clock.now()) == 0
    assert AvailabilityOverride.objects.count() == 1
    assert client.get("/api/jobs").json()["count"] == 1


def test_a_refusal_is_the_jobs_answer(client: Client, room: Resource, manager: User) -> None:
    client.force_login(manager)
    send(client, CLOSURES, closure(room, starts_on="never"), **LATER)
    run_due_jobs(now=clock.now())
    found = client.get("/api/jobs").json()["results"][0]
    assert (found["status"], found["answer_status"]) == ("failed", 400)
    assert "starts_on" in found["answer"]["fields"]


def test_a_repeated_request_is_one_job(client: Client, room: Resource, manager: User) -> None:
    client.force_login(manager)
    headers = LATER | {"Idempotency-Key": "once"}
    first, second = (send(client, CLOSURES, closure(room), **headers) for _turn in range(2))
    assert first.json() == second.json()
    assert Job.objects.count() == 1


def test_nobody_sees_somebody_elses_job(client: Client, room: Resource, manager: User) -> None:
    client.force_login(manager)
    address = send(client, CLOSURES, closure(room), **LATER)["Location"]
    client.force_login(make_user("other@example.com"))
    assert client.get(address).status_code == 404
    assert client.get("/api/jobs").json()["count"] == 0


def test_a_stranger_gains_nothing_by_waiting(client: Client, room: Resource) -> None:
    client.force_login(make_user("other@example.com"))
    send(client, CLOSURES, closure(room), **LATER)
    run_due_jobs(now=clock.now())
    assert Job.objects.get().answer_status == 403
    assert not AvailabilityOverride.objects.exists()
    client.logout()
    assert send(client, CLOSURES, closure(room), **LATER).status_code == 401


def test_a_key_keeps_its_limits(client: Client, room: Resource, manager: User) -> None:
    _key, secret = create_key(user=manager, name="Till", scopes=["read", "manage"])
    send(client, CLOSURES, closure(room), **LATER, **{"X-API-Key": secret})
    job = Job.objects.get()
    assert job.scopes == ["read", "manage"]
    Job.objects.update(scopes=["read"])
    assert carry_out_job(job.pk)
    job.refresh_from_db()
    assert (job.status, job.answer_status) == (JobStatus.FAILED, 403)


def test_a_closed_account_does_nothing_more(client: Client, room: Resource, manager: User) -> None:
    client.force_login(manager)
    send(client, CLOSURES, closure(room), **LATER)
    User.objects.filter(pk=manager.pk).update(is_active=False)
    run_due_jobs(now=clock.now())
    assert Job.objects.get().answer_status == 401
    assert not AvailabilityOverride.objects.exists()


def test_what_a_dead_worker_left_is_done_by_the_next(client: Client, room: Resource, manager: User) -> None:
    client.force_login(manager)
    send(client, CLOSURES, closure(room), **LATER)
    job = Job.objects.get()
    running = {"status": JobStatus.RUNNING, "claimed_until": clock.now() + LEASE, "attempts": 1}
    Job.objects.update(**running)
    assert not carry_out_job(job.pk)  # somebody is at it
    assert carry_out_job(job.pk, now=clock.now() + LEASE + timedelta(seconds=1))
    assert AvailabilityOverride.objects.count() == 1
    Job.objects.update(status=JobStatus.QUEUED, attempts=3)
    assert carry_out_job(job.pk)
    assert Job.objects.get().answer_status == 503


def test_old_jobs_are_forgotten(client: Client, room: Resource, manager: User) -> None:
    client.force_login(manager)
    send(client, CLOSURES, closure(room), **LATER)
    run_due_jobs(now=clock.now())
    forget_finished_jobs(now=clock.now() + timedelta(days=6))
    assert Job.objects.count() == 1
    forget_finished_jobs(now=clock.now() + timedelta(days=8))
    assert not Job.objects.exists()


def test_progress_is_seen_while_it_is_made(client: Client, room: Resource, manager: User) -> None:
    """Looks at the job each time one of the series' bookings is written."""
    client.force_login(manager)
    body = {
        "resource_id": str(room.uuid),
        "date": at(30).date().isoformat(),
        "time": "10:00",
        "duration": 60,
        "rule": "FREQ=DAILY;COUNT=4",
        "as_staff": True,
        "customer_info": {"name": "Ada", "email": "ada@example.com"},
    }
    accepted = send(client, "/api/series", body, **LATER)
    assert accepted.status_code == 202, accepted.content
    seen: list[tuple[int, int] | None] = []

    def watched(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith('INSERT INTO "reservations_reservation" '):
            seen.append(progress.read_progress(accepted.json()["id"]))
        return execute(sql, *rest)

    with connection.execute_wrapper(watched):
        assert carry_out_job(UUID(accepted.json()["id"]))
    found = client.get(accepted["Location"]).json()
    assert (found["status"], found["answer_status"]) == ("done", 201), found
    assert seen == [(0, 4), (1, 4), (2, 4), (3, 4)]
    assert found["answer"]["rule"] == "FREQ=DAILY;COUNT=4"
