from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise

from common.registry import Registry
from common.venues import Role


@dataclass(frozen=True, slots=True)
class Product:
    """What a venue may offer besides booking its places, once its managers switch it on."""

    label: str | Promise
    hint: str | Promise
    instead: str | Promise = ""
    """Why what bears its name (``Resource.extension``) takes no bookings; empty where it takes them."""


products: Registry[Product] = Registry("products")
role_rights: Registry[Mapping[Role, str | Promise]] = Registry("rights of roles")
"""What each role at a venue may do, in words for whoever gives it."""
