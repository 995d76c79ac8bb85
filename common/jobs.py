"""Long requests carried out after their answer: RFC 7240, ``Prefer: respond-async``.

The client gets 202 and the address of a job; a worker sends the very same request through the very same
view. The job's row and what the request changes are committed together, so it is carried out once however
often workers die.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial, wraps
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.test import RequestFactory
from django.urls import resolve
from django.utils.translation import override
from rest_framework.exceptions import NotAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import force_authenticate

from common.background import soon
from common.clock import now as clock_now
from common.job_shapes import JobSerializer
from common.models import Job
from common.progress import recorded
from common.sealing import seal, unseal
from common.sweeping import sweep
from common.tasks import run_job
from common.transactions import retried_atomic

JSON = "application/json"
LEASE = timedelta(minutes=20)
MOST_ATTEMPTS = 3
KEPT = timedelta(days=7)


def deferrable(handler: Callable[..., Response]) -> Callable[..., Response]:
    """Wraps a view's ``post``: with ``Prefer: respond-async`` it becomes a job."""

    @wraps(handler)
    def now_or_later(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        wishes = [each.strip().lower() for each in request.headers.get("Prefer", "").split(",")]
        if "respond-async" not in wishes:
            return handler(view, request, *args, **kwargs)
        return _accepted(request, queue_job(request))

    return now_or_later


@transaction.atomic
def queue_job(request: Request) -> Job:
    """Stores the request and hands it to a worker after the commit. Raises DRF's ``NotAuthenticated``."""
    if request.user.pk is None:
        raise NotAuthenticated
    job = Job.objects.create(
        user_id=request.user.pk,
        origin=f"{request.scheme}://{request.get_host()}",
        scopes=getattr(request.auth, "scopes", None),
        path=request.path,
        body=seal(request.data),
        created_at=clock_now(),
    )
    soon(run_job, str(job.pk))
    return job


def _accepted(request: Request, job: Job) -> Response:
    address = request.build_absolute_uri(f"/api/jobs/{job.pk}")
    headers = {"Location": address, "Preference-Applied": "respond-async", "Cache-Control": "no-store"}
    return Response(JobSerializer(job).data, status=202, headers=headers)


def carry_out(job_id: UUID, *, now: datetime | None = None) -> bool:
    """Does one job, unless another worker has it; returns whether this one did."""
    at = now or clock_now()
    claim = {"status": Job.Status.RUNNING, "claimed_until": at + LEASE, "attempts": F("attempts") + 1}
    if not Job.objects.due(at).filter(pk=job_id).update(**claim):
        return False
    job = Job.objects.select_related("user").get(pk=job_id)
    if not job.user.is_active:
        _finish(job, Job.Status.FAILED, 401, {"error": "The account is closed.", "code": "invalid_token"})
    elif job.attempts > MOST_ATTEMPTS:
        _finish(job, Job.Status.FAILED, 503, {"error": "It was tried several times.", "code": "busy"})
    else:
        _send_again(job)
    return True


@retried_atomic
def _send_again(job: Job) -> None:
    """Answer and effects are committed together. An error of ours leaves the job to the next attempt."""
    found = resolve(job.path)
    with recorded(str(job.pk)), override(job.user.language or None):
        response = found.func(_request_again(job), *found.args, **found.kwargs)
    data = json.loads(JSONRenderer().render(response.data) or b"null")
    is_done = response.status_code < 400
    _finish(job, Job.Status.DONE if is_done else Job.Status.FAILED, response.status_code, data)


def _request_again(job: Job) -> HttpRequest:
    origin = urlsplit(job.origin)
    factory = RequestFactory(HTTP_HOST=origin.netloc)
    is_secure = origin.scheme == "https"
    request: Any = factory.post(job.path, unseal(job.body), content_type=JSON, secure=is_secure)
    request.is_job = True  # it was counted when it arrived
    auth: Any = None if job.scopes is None else SimpleNamespace(scopes=job.scopes)
    force_authenticate(request, user=job.user, token=auth)
    again: HttpRequest = request
    return again


def _finish(job: Job, status: str, answer_status: int, data: Any) -> None:
    job.status, job.answer_status, job.answer = status, answer_status, seal(data)
    job.body, job.finished_at = "", clock_now()
    job.save(update_fields=["status", "answer_status", "answer", "body", "finished_at"])


def run_due(*, now: datetime) -> int:
    """Does what was not picked up; returns how many."""
    due = Job.objects.due(now).order_by("created_at").values_list("pk", flat=True)
    return sweep("common.run_jobs", due, partial(carry_out, now=now), now=now, limit=20)


def forget_old(*, now: datetime) -> int:
    """Deletes what was finished a week ago; returns how many."""
    old = Job.objects.filter(finished_at__lt=now - KEPT)
    return old._raw_delete(old.db)  # nothing refers to them
