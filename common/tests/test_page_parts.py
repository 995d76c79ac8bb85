"""Whatever a part of a page does, the others are shown."""

from typing import cast

import pytest
from django.db import connection
from django.http import HttpRequest
from django.utils.functional import lazystr
from django.utils.html import format_html

from common.page_parts import PagePart, PageQuery, render_parts


class Late:
    def __str__(self) -> str:
        raise RuntimeError("only when it is shown")


def ask(question: str) -> str:
    with connection.cursor() as cursor:
        return str(cursor.execute(question).fetchone())


@pytest.mark.django_db
def test_one_that_fails_takes_no_other_with_it() -> None:
    parts = [
        PagePart(lambda *_: ask("SELECT nonsense")),
        PagePart(lambda *_: cast(str, lazystr(Late()))),
        PagePart(lambda *_: ask("SELECT 17")),
        PagePart(lambda *_: "<b>plain</b>"),
        PagePart(lambda *_: format_html("<b>{}</b>", "safe")),
        PagePart(lambda *_: ""),
    ]
    shown = render_parts(parts, HttpRequest(), PageQuery())
    assert shown == "(17,)\n&lt;b&gt;plain&lt;/b&gt;\n<b>safe</b>"
