"""What apps above ask, through the API, of whoever creates an account."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from common.api_views import StrictSerializer
from common.registry import Registry


@dataclass(frozen=True, slots=True)
class RegistrationPart:
    """``shape`` has the fields and refuses what cannot be; ``record`` keeps what was given.

    ``record`` runs in the transaction that makes the account. It refuses nothing: a refusal that only new
    addresses meet would tell who has an account.
    """

    shape: type[StrictSerializer]
    record: Callable[[User, Mapping[str, Any]], object]


registration_parts: Registry[RegistrationPart] = Registry("parts of registration")
