"""Reading calendar pages as a visitor does."""

import re
from datetime import date, datetime
from html import unescape
from typing import Any

from django.test import Client
from django.urls import reverse

from calendars.boards import Board, Column
from calendars.items import Item
from resources.models import Resource


def address(view: str, day: date | str, **asked: Any) -> str:
    return reverse(f"calendar-{view}", args=[str(day)], query=asked)


def html_of(client: Client, view: str, day: date | str, **asked: Any) -> str:
    """The page as text; entities undone, spaces joined."""
    response = client.get(address(view, day, **asked))
    assert response.status_code == 200, response.content
    return re.sub(r"\s+", " ", unescape(response.content.decode()))


def text_of(html: str) -> str:
    """What is read out."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def board_of(client: Client, view: str, day: date | str, **asked: Any) -> Board:
    response = client.get(address(view, day, **asked))
    found: Board = response.context["board"]
    return found


def column_of(board: Board, resource: Resource) -> Column:
    return next(each for each in board.columns if each.resource == resource)


def kinds(column: Column) -> list[str]:
    return [each.kind for each in column.items if not each.is_quiet]


def said(item: Item) -> str:
    return f"{item.starts}–{item.ends} {item.text}"


def local(resource: Resource, text: str) -> datetime:
    """A wall clock reading of the venue, like ``2027-06-01 10:00``; with ``*`` the second of two."""
    at = datetime.fromisoformat(text.rstrip("*")).replace(tzinfo=resource.venue.zone)
    return at.replace(fold=1) if text.endswith("*") else at
