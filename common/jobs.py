"""Long requests carried out after their answer (RFC 7240, ``Prefer: respond-async``).

The client gets 202 and the address of a job; a worker sends the same request through the same view.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial, wraps
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.core.handlers.wsgi import WSGIRequest
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.urls import resolve
from django.utils.translation import override
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from common.background import enqueue_after_commit
from common.clock import now as clock_now
from common.errors import error_body
from common.job_shapes import JobSerializer
from common.models import Job, JobStatus
from common.progress import record_progress
from common.rendering import JSONRenderer
from common.request_ids import named_request
from common.sealing import seal, unseal
from common.sweeping import sweep
from common.tasks import run_job
from common.transactions import retried_atomic

JSON = "application/json"
LEASE = timedelta(minutes=20)
MOST_ATTEMPTS = 3
KEPT = timedelta(days=7)


def deferrable(handler: Callable[..., Response]) -> Callable[..., Response]:
    """Wrap a view's ``post``: with ``Prefer: respond-async`` it becomes a job."""

    @wraps(handler)
    def now_or_later(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        preferences = [
            preference.strip().lower() for preference in request.headers.get("Prefer", "").split(",")
        ]
        if "respond-async" not in preferences:
            return handler(view, request, *args, **kwargs)
        return _answer_accepted(request, queue_job(request))

    return now_or_later


@transaction.atomic
def queue_job(request: Request) -> Job:
    """Raises DRF's ``NotAuthenticated``."""
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
    enqueue_after_commit(run_job, str(job.pk))
    return job


def _answer_accepted(request: Request, job: Job) -> Response:
    address = request.build_absolute_uri(f"/api/jobs/{job.pk}")
    headers = {"Location": address, "Preference-Applied": "respond-async", "Cache-Control": "no-store"}
    return Response(JobSerializer(job).data, status=202, headers=headers)


def carry_out_job(job_id: UUID, *, now: datetime | None = None) -> bool:
    """Returns False when another worker has the job."""
    at = now or clock_now()
    # The conditional update is the claim: of several workers one finds the row due. A worker that dies leaves
    # a claim that runs out.
    claim = {"status": JobStatus.RUNNING, "claimed_until": at + LEASE, "attempts": F("attempts") + 1}
    if not Job.objects.due(at).filter(pk=job_id).update(**claim):
        return False
    job = Job.objects.select_related("user").get(pk=job_id)
    with named_request(job.pk.hex):
        _carry_out(job)
    return True


def _carry_out(job: Job) -> None:
    if not job.user.is_active:
        _finish(job, JobStatus.FAILED, 401, error_body("The account is closed.", "invalid_token"))
    elif job.attempts > MOST_ATTEMPTS:
        _finish(job, JobStatus.FAILED, 503, error_body("It was tried several times.", "busy"))
    else:
        _replay_request(job)


@retried_atomic
def _replay_request(job: Job) -> None:
    match = resolve(job.path)
    # Answer and effects are committed together, so the job is done once however often workers die. What
    # raises leaves it to the next attempt.
    with record_progress(str(job.pk)), override(job.user.language or None):
        response = match.func(_rebuild_request(job), *match.args, **match.kwargs)
    data = json.loads(JSONRenderer().render(response.data) or b"null")
    is_done = response.status_code < 400
    _finish(job, JobStatus.DONE if is_done else JobStatus.FAILED, response.status_code, data)


def _rebuild_request(job: Job) -> HttpRequest:
    origin, body = urlsplit(job.origin), JSONRenderer().render(unseal(job.body))
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": job.path,
        "HTTP_HOST": origin.netloc,
        "SERVER_NAME": origin.hostname or "",
        "SERVER_PORT": str(origin.port or (443 if origin.scheme == "https" else 80)),
        "CONTENT_TYPE": JSON,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": origin.scheme,
        "wsgi.input": BytesIO(body),
    }
    request: Any = WSGIRequest(environ)
    request.is_job = True  # it was counted when it arrived
    request._force_auth_user = job.user
    # With the rights of the key it was sent with, not those of the whole account.
    request._force_auth_token = None if job.scopes is None else SimpleNamespace(scopes=job.scopes)
    rebuilt: HttpRequest = request
    return rebuilt


def _finish(job: Job, status: str, answer_status: int, data: Any) -> None:
    job.status, job.answer_status, job.answer = status, answer_status, seal(data)
    job.body, job.finished_at = "", clock_now()
    job.save(update_fields=["status", "answer_status", "answer", "body", "finished_at"])


def run_due_jobs(*, now: datetime) -> int:
    due = Job.objects.due(now).order_by("created_at").values_list("pk", flat=True)
    return sweep("common.run_jobs", due, partial(carry_out_job, now=now), now=now, limit=20)


def forget_finished_jobs(*, now: datetime) -> int:
    old = Job.objects.filter(finished_at__lt=now - KEPT)
    return old._raw_delete(old.db)  # nothing refers to them
