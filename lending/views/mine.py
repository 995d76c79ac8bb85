from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common import clock
from lending.rows import list_heard, list_now, list_past, make_rows

PER_PAGE = 20


@never_cache
@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What one has, then one's places; or what is over."""
    now, is_past = clock.now(), request.GET.get("show") == "past"
    loans = list_past(request.user.pk) if is_past else list_now(request.user.pk)
    page = Paginator(loans, PER_PAGE).get_page(request.GET.get("page"))
    rows = make_rows(page.object_list, request.user, now)
    context = {
        "page": page,
        "rows": rows,
        "having": [row for row in rows if row.loan.status != "requested"],
        "waiting": [row for row in rows if row.loan.status == "requested"],
        "live": list_heard(rows, request.user),
        "is_past": is_past,
        "keep": "&show=past" if is_past else "",
        "now": now,
    }
    return render(request, "lending/mine.html", context)
