"""Every text of the project has its translation, and the translations that are stored are good ones."""

from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from django.conf import settings
from django.utils.translation import ngettext, override

from tooling import catalogue

SOURCE = Path(__file__).resolve().parent.parent
Change = Callable[[Catalog], None]


def test_every_language_that_can_be_chosen_has_translations() -> None:
    written_in = {folder.parent.name for folder in catalogue.list_folders()}
    assert written_in | {settings.LANGUAGE_CODE} == {language for language, _name in settings.LANGUAGES}


@pytest.mark.parametrize("folder", catalogue.list_folders(), ids=lambda folder: folder.parent.name)
def test_translations_are_complete_and_compiled(folder: Path) -> None:
    assert list(catalogue.find_faults(catalogue.collect_texts(), folder)) == []


def test_no_text_stands_alone_that_has_a_plural_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "rules.py").write_text("_('Book')\nngettext('Book', 'Book all', n)\n_('Pay')\n")
    assert catalogue.find_ambiguous_texts(tmp_path) == {"Book"}
    assert catalogue.find_ambiguous_texts() == set()


def test_texts_are_found_in_code_and_templates(tmp_path: Path) -> None:
    (tmp_path / "rules.py").write_text("_('One')\npgettext('message', 'Two')\nngettext('a day', 'days', n)\n")
    (tmp_path / "page.html").write_text(
        "{% load i18n %}\n  <p>{% trans 'Three' %}</p>\n<i>{% blocktrans count n=n %}{{ n }} hour{% plural %}"
        "{{ n }} hours{% endblocktrans %}</i>"
    )
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text("_('Four')")
    found = {(message.id, message.context) for message in catalogue.collect_texts(tmp_path) if message.id}
    assert found == {
        ("One", None),
        ("Two", "message"),
        (("a day", "days"), None),
        ("Three", None),
        (("%(n)s hour", "%(n)s hours"), None),
    }


def _untranslated(catalog: Catalog) -> None:
    catalog["%d day"].string = ("%d Tag", "")


def _without_placeholder(catalog: Catalog) -> None:
    catalog["Hello <b>%(name)s</b>"].string = "Hallo <i>%(name)s</i>"


def _fuzzy(catalog: Catalog) -> None:
    catalog["Open"].flags.add("fuzzy")


def _superfluous(catalog: Catalog) -> None:
    catalog.add("Nobody says this", "Das sagt niemand")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (_untranslated, "not translated: '%d days'"),
        (_without_placeholder, "other placeholders: 'Hello <b>%(name)s</b>'"),
        (_fuzzy, "fuzzy: 'Open'"),
        (_superfluous, "no longer in the code: 'Nobody says this'"),
    ],
)
def test_faults_are_named(tmp_path: Path, change: Change, complaint: str) -> None:
    wanted, folder = _wanted(), tmp_path / "de" / "LC_MESSAGES"
    catalog = catalogue.merge_translations(wanted, _german())
    catalogue.write_translations(catalog, folder)
    assert list(catalogue.find_faults(wanted, folder)) == []
    change(catalog)
    catalogue.write_translations(catalog, folder)
    assert any(fault.startswith(complaint) for fault in catalogue.find_faults(wanted, folder))


def test_compiled_file_of_other_translations_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    catalogue.write_translations(catalogue.merge_translations(_wanted(), _german()), folder)
    text = folder / "django.po"
    text.write_text(text.read_text().replace("Offen", "Auf"))
    assert list(catalogue.find_faults(_wanted(), folder)) == ["django.mo is not made of this django.po"]


def test_new_text_is_kept_empty_and_old_ones_keep_their_translation(tmp_path: Path) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    catalogue.write_translations(catalogue.merge_translations(_wanted(), _german()), folder)
    wanted = _wanted()
    wanted.add("Closed")
    catalogue.write_translations(
        catalogue.merge_translations(wanted, catalogue.read_translations(folder)), folder
    )
    stored = catalogue.read_translations(folder)
    assert (stored["Open"].string, stored["Closed"].string) == ("Offen", "")


def test_plurals_follow_the_number() -> None:
    with override("de"):
        said = [ngettext("%d hour", "%d hours", number) % number for number in (0, 1, 2)]
    assert said == ["0 Stunden", "1 Stunde", "2 Stunden"]


def _wanted() -> Catalog:
    catalog = Catalog()
    for text in ("Open", "Hello <b>%(name)s</b>", ("%d day", "%d days")):
        catalog.add(text)
    return catalog


def _german() -> Catalog:
    catalog = Catalog(locale="de")
    catalog.add("Open", "Offen")
    catalog.add("Hello <b>%(name)s</b>", "Hallo <b>%(name)s</b>")
    catalog.add(("%d day", "%d days"), ("%d Tag", "%d Tage"))
    return catalog
