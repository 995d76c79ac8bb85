"""Words that people read: those that were replaced do not come back, and one thing has one name."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import allauth
import pytest
from babel.messages.mofile import read_mo
from django.utils.translation import gettext, override

from tooling import catalogue

pytestmark = pytest.mark.once
SOURCE = Path(__file__).resolve().parent.parent
NO_PRODUCT = {"bench", "tests", "tooling", "script", "migrations", "var", "node_modules"}

FORMER = """
    held times | what you are holding | you are holding | almost yours | this time is held until
    still held for | give the time back | the time is free again | the time was given back
    nobody was quicker | somebody was quicker | say when and for how many | free soon
    show everything | times of (?:europe|\\{\\{ ) | how long$ | ^anything$ | ^anywhere$
    place, time of day and more | it must have | only this day | ^soonest$ | ^start again$
    not meant for such a booking | nothing fits this search | but this would work
    nothing is free then | anything anywhere | this serves at most | ^at least 1\\.$
    the venue says yes first | any available one | one of these$ | you book a time; which one
    ^usually$ | free of charge | is returned\\. | later, nothing is returned | special days
    can be booked .* ahead | being booked$ | times? that (?:is|are) past | your time is not there
    book regularly | add something for the same time | who is coming | the same for all of them
    to have this filled in | ^book it$ | all of it is yours | bookings? (?:is|are) made
    the key to your (?:booking|place) | how to find it | ^on the map$ | ticket to print
    keep the present time | ^keep it$ | leave it as it is | the number says how many | what it costs
    you get back | what do you wait for | how do we reach you | no later than | you wait for nothing
    a fitting time | comes? free | we write as soon | number .* in the queue | next in the queue
    off (?:the|this) waitlist | nothing is planned | what is over or cancelled | in touch with you
    the time is kept for you | second proof | ^safety$ | take it along | take it over
    cannot be learned again | end this key | until you end it | what is yours | as far as you may
    the law asks for it | no way back | do not belong together | not yours to see | keeps your time
    ^seat pool$ | says? either | ^say\\b | ^give\\b | ^name (?:a|at|one)\\b
"""
"""Of the design's list, what pages, mails and the API said before."""
MIXED = {
    r"\be-mails?\b": "email",
    r"\busernames?\b(?!\.$)": "user name",
    r"(?<!e-)\bmails?\b": "email",
    r"\btwo-factor\b": "two-step verification",
    r"\bsomebody\b": "someone",
    r"\breservations?\b(?!_)": "booking",
}
former = re.compile("|".join(re.split(r" \| |\n", re.sub(r" *\n *", "\n", FORMER.strip()))), re.IGNORECASE)
TITLE_CASE = re.compile(r"^(?:[A-Z]\w*[ -])+[A-Z][a-z]+|[a-z] [A-Z][a-z]+ [A-Z][a-z]+")
"""Beside names, which stand alone in what libraries say."""


def _list_said(text: str | Sequence[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def _collected() -> list[str]:
    """What pages, mails and the API say, of code and templates."""
    return [text for message in catalogue.collect_texts() if message.id for text in _list_said(message.id)]


def _paths(ending: str) -> Iterator[Path]:
    for path in sorted(SOURCE.rglob(f"*{ending}")):
        parts = path.relative_to(SOURCE).parts
        if not NO_PRODUCT.intersection(parts) and not any(part.startswith(".") for part in parts):
            yield path


def _written_in_templates() -> list[str]:
    comment = re.compile(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", re.DOTALL)
    lines = (line for path in _paths(".html") for line in comment.sub("", path.read_text()).splitlines())
    return [line.strip() for line in lines]


def _written_in_code() -> list[str]:
    """Every text of the code but docstrings."""
    found = []
    for path in _paths(".py"):
        tree = ast.parse(path.read_text())
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        found += [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
        ]
    return found


def find_former(texts: list[str]) -> list[str]:
    return [text for text in texts if former.search(text)]


def find_mixed(texts: list[str]) -> list[tuple[str, str]]:
    """With the word to use instead."""
    return [
        (text, better)
        for text in texts
        for pattern, better in MIXED.items()
        if re.search(pattern, text, re.IGNORECASE)
    ]


def test_what_is_found() -> None:
    assert find_former(["Give the time back", "Anything", "Anything you paid"]) == [
        "Give the time back",
        "Anything",
    ]
    assert find_mixed(["Your e-mail address", "See reservations_next"]) == [("Your e-mail address", "email")]


def test_no_former_wording_comes_back() -> None:
    assert find_former(_collected()) == []


def test_nor_in_templates_and_code_that_is_not_translated() -> None:
    sentences = [text for text in _written_in_code() if " " in text]
    assert find_former(_written_in_templates() + sentences) == []


def test_one_thing_has_one_name() -> None:
    assert find_mixed(_collected()) == []


def test_german_has_one_word_for_what_is_approved_and_for_what_is_held() -> None:
    """As docs/translating.md lists them."""
    with (SOURCE / "locale/de/LC_MESSAGES/django.mo").open("rb") as compiled:
        german = [(str(row.id), str(row.string)) for row in read_mo(compiled) if row.id]
    assert [
        said for _text, said in german if re.search("genehm|freihalt|freigehalt", said, re.IGNORECASE)
    ] == []
    approved = [said for text, said in german if "approv" in text.casefold()]
    assert len(approved) > 20
    assert [said for said in approved if "freig" in said.casefold()] == []


def test_programs_are_told_in_everyday_words() -> None:
    lines = [*(SOURCE / "schema.yml").read_text().splitlines(), *_written_in_guides()]
    assert [line for line in lines if re.search(r"\b(?:somebody|whoever)\b", line, re.IGNORECASE)] == []


def _written_in_guides() -> list[str]:
    guides = ("api.md", "errors.md", "webhooks.md")
    return [line for name in guides for line in (SOURCE / "docs" / name).read_text().splitlines()]


ROOMS = ("account", "mfa", "socialaccount", "usersessions")
NOT_OFFERED = re.compile(
    "Phone|Sign-In Code|Verification|Email Addresses|Make Primary|Add Email|TOTP|OAuth|Request Code"
    "|Reset Code|Trust|Enter Email|Social Accounts|User Sessions|Cancel Change|Change Email|Email Address$"
    "|Forgot|Bad Token"
    "|Account Connections|Account Inactive|Activate Authenticator App|IP Address|Sign Out Other|Started At"
)
"""allauth's admin, pages that nobody reaches here (codes by mail, phones), and what our templates replace."""


def _said_by_allauth() -> set[str]:
    root = Path(allauth.__file__).parent
    folders = [folder for room in ROOMS for folder in (root / room, root / "templates" / room)]
    paths = [
        path for folder in folders for path in folder.rglob("*.*") if path.suffix in (".py", ".html", ".txt")
    ]
    spoken = [path for path in paths if not {"tests", "providers", "migrations"}.intersection(path.parts)]
    texts = (text for path in spoken for _line, text, _notes, _context in catalogue._extract_texts(path))
    return {form for text in texts for form in _list_said(text)}


def test_libraries_speak_in_sentence_case() -> None:
    with override("en"):
        said = {gettext(text) for text in _said_by_allauth() if not NOT_OFFERED.search(text)}
    assert len(said) > 150
    assert {text for text in said if TITLE_CASE.search(text)} == set()


@pytest.mark.parametrize("folder", catalogue.list_library_folders(), ids=lambda folder: folder.parent.name)
def test_texts_of_libraries_are_compiled(folder: Path) -> None:
    translations = catalogue.read_translations(folder)
    with (folder / "django.mo").open("rb") as file:
        compiled = read_mo(file)
    assert catalogue._translations(compiled) == catalogue._translations(translations)
    assert all(catalogue._translations(translations).values())


def test_texts_of_libraries_are_the_same_in_every_language() -> None:
    names = [
        {catalogue._id(message) for message in catalogue._entries(catalogue.read_translations(folder))}
        for folder in catalogue.list_library_folders()
    ]
    assert len(names) == 2
    assert names[0] == names[1]
