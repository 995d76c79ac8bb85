"""Every code that a refusal can carry, with its status and its meaning; each room registers its own.

Served at ``/api/errors``; a test holds docs/errors.md to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from common.registry import Registry


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """``is_rule`` for a rule of some product's own, which may refuse wherever ``refused`` may."""

    status: int
    meaning: str
    is_rule: bool = False


error_codes: Registry[ErrorCode] = Registry("error codes")


def register_codes(by_status: Mapping[int, Mapping[str, str]], *, are_rules: bool = False) -> None:
    for status, meanings in by_status.items():
        for code, meaning in meanings.items():
            error_codes.register(str(code), ErrorCode(status, meaning, are_rules))


def list_rules() -> list[str]:
    return [code for code, entry in error_codes.items() if entry.is_rule]


CODES = {
    400: {
        "invalid": (
            "see `fields`; names with control characters, or with nothing that can be seen, are refused so, "
            "too"
        ),
        "unknown_field": "there is no such field or query parameter, or it is not for clients to set",
        "invalid_time": "no date, time or offset that exists",
        "nonexistent_time": (
            "the clocks skip this local time; `candidates` are two instants, an offset settles it"
        ),
        "ambiguous_time": (
            "the clocks repeat this local time; `candidates` are two instants, an offset settles it"
        ),
        "address_refused": "not a public address that begins with http:// or https://",
        "malformed": "not valid JSON, or not an object",
    },
    401: {
        "not_authenticated": "sign in first",
        "invalid_token": "access token, refresh token or API key: unknown, expired, or ended",
    },
    403: {
        "second_factor_needed": (
            "the account's role counts only with a second factor (`STAFF_NEED_SECOND_FACTOR`): its owner "
            "turns one on; API keys and tokens of the account then work, too"
        ),
        "scope_missing": "the API key was not given this right",
        "forbidden": "not allowed",
        "csrf_failed": (
            "a session writes, and the CSRF token is missing, or an origin is not in `CORS_ALLOWED_ORIGINS`"
        ),
    },
    404: {"not_found": "not found, or no access"},
    405: {"method_not_allowed": "`Allow` says what is"},
    406: {"not_acceptable": "only JSON is served"},
    409: {"conflict": "something has changed in the meantime"},
    411: {"length_required": "the server that runs here cannot read content that is sent without its length"},
    413: {"too_large": "more than one request may send; what is left of it is not read"},
    415: {"unsupported_media_type": "send JSON"},
    422: {"idempotency_mismatch": "this key was used for a different request"},
    429: {"throttled": "see `Retry-After`"},
    500: {"server_error": "an error of the server; its log has it under `request_id`"},
    503: {
        "unavailable": (
            "the database cannot be reached, or cannot write; try again after `Retry-After` seconds"
        ),
        "busy": "the database could not finish in time; try again after `Retry-After` seconds",
    },
}
