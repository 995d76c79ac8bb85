"""What ``collectstatic`` makes of style sheets and scripts."""

import re
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.files.storage import FileSystemStorage

from config.static_files import SmallStaticFiles, shrink_sheet

SOURCE = Path(settings.BASE_DIR) / "static"


def test_sheets_come_whole_and_small_and_modules_once(tmp_path: Path) -> None:
    source, collected = FileSystemStorage(SOURCE), SmallStaticFiles(location=tmp_path)
    names = [f"css/{path.name}" for path in SOURCE.glob("css/*.css")] + ["js/planner.js", "js/calendar.js"]
    for name in names:
        collected.save(name, source.open(name))

    list(collected.post_process({name: (source, name) for name in names}))

    site = (tmp_path / collected.stored_name("css/site.css")).read_text()
    assert "@import" not in site
    assert re.findall("@layer ([a-z]+)", site)[:3] == ["tokens", "base", "components"]
    assert ".masthead" in site and ".languages" in site  # noqa: PT018  (the second and the last sheet)
    assert len(site) < 40_000
    assert (tmp_path / "css/base.css").read_bytes() == (SOURCE / "css/base.css").read_bytes()
    planner = (tmp_path / collected.stored_name("js/planner.js")).read_text()
    assert f'from "./{Path(collected.stored_name("js/calendar.js")).name}"' in planner


def test_what_is_asked_for_is_compressed_once(tmp_path: Path) -> None:
    source, collected = FileSystemStorage(SOURCE), SmallStaticFiles(location=tmp_path)
    library = next(path for path in SOURCE.rglob("*.min.js")).relative_to(SOURCE).as_posix()
    for name in (library, "js/embed.js"):
        collected.save(name, source.open(name))

    list(collected.post_process({name: (source, name) for name in (library, "js/embed.js")}))

    assert (tmp_path / f"{collected.stored_name(library)}.br").exists()
    assert not (tmp_path / f"{library}.br").exists()
    assert (tmp_path / "js/embed.js.br").exists()  # other websites know it by this name


def test_pages_that_we_do_not_show_are_not_collected() -> None:
    found = [finder.list(None) for finder in finders.get_finders()]
    names = [name for files in found for name, _storage in files]
    assert any("swagger-ui-bundle.js" in name for name in names)
    assert not any("redoc" in name for name in names)


def test_a_small_sheet_means_the_same(tmp_path: Path) -> None:
    sheet = tmp_path / "a.css"
    sheet.write_text('.a :is(b, i) { margin: 0 } .b::after { content: "/" / "" }')

    small = shrink_sheet(str(sheet)).decode()

    assert ".a :is(b,i){" in small
    assert 'content:"/"/""' in small.replace(" ", "")
