from django.http import HttpRequest, HttpResponse


def is_swap(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def retarget(response: HttpResponse, target: str) -> HttpResponse:
    """Swap ``target`` (a selector) instead of what was asked for, such as a form with errors."""
    response.headers["HX-Retarget"] = response.headers["HX-Reselect"] = target
    return response
