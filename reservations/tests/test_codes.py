"""Confirmation codes: no two alike, easily read out."""

import pytest
from django.db import IntegrityError

from reservations.models import CODE_ALPHABET, Reservation, new_confirmation_code
from tests.factories import at, book, make_resource


def test_codes_are_long_random_and_without_lookalikes() -> None:
    codes = [new_confirmation_code() for _ in range(1000)]

    assert len(set(codes)) == len(codes)
    assert {len(code) for code in codes} == {10}
    assert set("".join(codes)) <= set(CODE_ALPHABET)
    assert not set("01IO") & set(CODE_ALPHABET)


@pytest.mark.django_db
def test_the_database_refuses_a_code_that_exists() -> None:
    room = make_resource()
    first, second = book(room, at(7)), book(room, at(8))
    assert first.code != second.code

    with pytest.raises(IntegrityError):
        Reservation.objects.filter(pk=second.pk).update(code=first.code)
