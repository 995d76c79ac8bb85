"""Reads strangers' files in a process of its own, so that none can take the server's time or memory."""

import json
import subprocess
import sys

from django.conf import settings

from calendars.ical_events import Problem
from calendars.ical_reading import BusySpan, Reading, Unreadable
from common.names import drop_controls

SECONDS = 60
"""By the clock; the process limits its processor time itself."""


def read_calendar(text: bytes, *, zone: str, first: int, last: int, host: str) -> Reading:
    arguments = json.dumps({"zone": zone, "first": first, "last": last, "host": host})
    try:
        process = subprocess.run(
            [sys.executable, "-m", "calendars.ical_reading"],
            input=arguments.encode() + b"\n" + text,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=settings.BASE_DIR,
            timeout=SECONDS,
            env={},  # no secret of ours either
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        raise Unreadable("too_slow") from error
    result = json.loads(process.stdout)
    if "error" in result:
        raise Unreadable(result["error"])
    return Reading(
        [_as_shown(BusySpan(*span)) for span in result["spans"]],
        [Problem(*problem) for problem in result["problems"]],
        result["until"],
    )


def _as_shown(span: BusySpan) -> BusySpan:
    return span._replace(summary=drop_controls(span.summary))
