"""A time zone in words, in the language of whoever reads."""

import pytest
from django.utils.translation import override

from common.templatetags.holdfast import zone_words

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("zone", "english", "german"),
    [
        ("Europe/Berlin", "Berlin time", "Ortszeit Berlin"),
        ("America/New_York", "New York time", "Ortszeit New York"),
        ("Asia/Tokyo", "Tokyo time", "Ortszeit Tokio"),
        ("UTC", "UTC", "UTC"),
        ("Etc/GMT+5", "Etc/GMT+5", "Etc/GMT+5"),
    ],
)
def test_a_zone_is_named_by_its_city_in_each_language(zone: str, english: str, german: str) -> None:
    for language, words in (("en", english), ("de", german), ("en", english)):
        with override(language):
            assert zone_words(zone) == words
