"""What is registered by name."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from common.registry import Registry


def test_entries_come_in_the_order_in_which_they_were_registered() -> None:
    words: Registry[int] = Registry("words")
    words.register("two", 2)
    words.register("one", 1)

    assert list(words) == [2, 1]
    assert list(reversed(words)) == [1, 2]
    assert words.names() == ("two", "one")
    assert words["one"] == 1
    assert words.get("three") is None
    assert "two" in words


def test_a_name_is_registered_once() -> None:
    words: Registry[int] = Registry("words")
    words.register("one", 1)
    with pytest.raises(ImproperlyConfigured, match="two words named one"):
        words.register("one", 2)
    words.unregister("one")
    words.register("one", 3)
    assert words["one"] == 3
