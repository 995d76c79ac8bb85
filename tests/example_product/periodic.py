"""What becomes of umbrellas by itself."""

from datetime import datetime

from common.periodic import register_job
from tests.example_product.models import Umbrella

TAKE_BACK = "example_product.take_back"


def take_back(*, now: datetime) -> int:
    return Umbrella.objects.filter(is_lent=True).update(is_lent=False)


def register() -> None:
    register_job(TAKE_BACK, take_back)
