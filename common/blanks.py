"""Addresses of pages without parameters that say nothing, as forms send them for what was left empty."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from common.htmx import is_swap

View = Callable[..., HttpResponse]


def without_blanks(view: View) -> View:
    """A visitor is led to the short address; htmx is told it with the answer."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        kept = _drop_blanks(request.GET)
        if request.method == "POST" or len(kept) == len(request.GET):
            return view(request, *args, **kwargs)
        address = f"{request.path}?{kept.urlencode()}" if kept else request.path
        if not is_swap(request):
            return redirect(address)
        request.GET = kept  # type: ignore[assignment]  # links of the page are made of it
        response = view(request, *args, **kwargs)
        response.headers["HX-Push-Url"] = address
        return response

    return answer


def _drop_blanks(parameters: QueryDict) -> QueryDict:
    kept = parameters.copy()
    for name, values in parameters.lists():
        if not any(values):
            del kept[name]
    return kept
