"""Fixtures for messages."""

from notifications.tests.conftest import english, outbox, texts

__all__ = ["english", "outbox", "texts"]
