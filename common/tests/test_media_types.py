"""What OPTIONS says of an address of the API."""

import pytest
from django.test import Client


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/api/venues", "/api/holds", "/api/auth/user"])
def test_media_types_are_told_and_no_name_of_the_code(client: Client, address: str) -> None:
    answer = client.options(address)
    assert answer.status_code == 200
    assert "OPTIONS" in answer["Allow"]
    assert answer.json() == {"renders": ["application/json"], "parses": ["application/json"]}
