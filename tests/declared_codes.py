"""Whatever the tests ask of the API: a refusal has a code that the API's description names there."""

import json
import re
from collections.abc import Callable
from functools import cache

from django.http import HttpRequest, HttpResponse

from common.error_codes import error_codes
from common.root_urls import is_api
from tests.schema import read_schema

PARAMETER = re.compile(r"<\w+:(\w+)>")


class DeclaredCodes:
    """Middleware of the test settings."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if response.status_code >= 400 and match and is_api(request.path_info):
            path = "/" + PARAMETER.sub(r"{\1}", match.route)
            declared = declared_codes(path, str(request.method).lower())
            code = str(json.loads(response.content).get("code")) if declared else ""
            assert not declared or is_declared(declared, response.status_code, code), (
                f"{request.method} {path} answers {response.status_code} {code}: name it in its refusals"
            )
        return response


def is_declared(declared: frozenset[tuple[int, str]], status: int, code: str) -> bool:
    """A product that only a test installs is not in the committed description."""
    of_rule = error_codes.get(code)
    is_rule = of_rule is not None and of_rule.is_rule and of_rule.status == status
    return (status, code) in declared or (is_rule and (400, "refused") in declared)


@cache
def declared_codes(path: str, method: str) -> frozenset[tuple[int, str]]:
    """Statuses and codes of one operation; none where it is not described."""
    document = read_schema()
    operation = document["paths"].get(path.rstrip("/") or path, {}).get(method, {})
    references = (answer.get("$ref", "") for answer in operation.get("responses", {}).values())
    names = [reference.rpartition("/")[2] for reference in references if reference]
    schemas = document["components"]["schemas"]
    return frozenset(
        (int(name[-3:]), code) for name in names for code in schemas[name]["properties"]["code"]["enum"]
    )
