"""Style sheets as visitors get them: in one piece what belongs together, without what only readers need.

``collectstatic`` makes them so, and names them by what is in them. Under their plain names files stay as they
are written: for pages of last resort, and for the script of other websites.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.staticfiles.finders import AppDirectoriesFinder
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

OWN = "css/"
"""What libraries bring is small already."""
PLAIN = ("css/", "js/", "img/")
"""Also asked for by their plain names: ours, by pages of last resort and other websites."""
IMPORTS = ("js/*.js", ((r"""(?P<matched>from "(?P<url>\./[^"]+)")""", 'from "%(url)s"'),))
"""Else a module of ours that another one imports would run twice, once by its plain name."""


class SmallStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    patterns = (*CompressedManifestStaticFilesStorage.patterns, IMPORTS)

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        sheets = {name for name in paths if name.startswith(OWN) and name.endswith(".css")}
        found = {
            name: (_SmallSheets(storage) if name in sheets else storage, path)
            for name, (storage, path) in paths.items()
        }
        yield from super().post_process(found, dry_run=dry_run, **options)

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Only what is asked for: nothing takes longer when a server starts for the first time."""
        hashed_names = set(self.hashed_files.values())
        wanted = [path for path in paths if path in hashed_names or path.startswith(PLAIN)]
        yield from super().compress_files(path for path in wanted if not path.endswith(".map"))


class FilesOfApps(AppDirectoriesFinder):
    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Any]]:
        """Without what no page of ours shows."""
        yield from super().list([*(ignore_patterns or ()), "redoc"])


class _SmallSheets:
    """Opens the files of a storage in their small form."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    def open(self, path: str) -> ContentFile[bytes]:
        return ContentFile(shrink_sheet(self._storage.path(path)))


def shrink_sheet(path: str) -> bytes:
    """With all that it imports; it means the same."""
    import lightningcss  # no process that serves pages needs it

    return lightningcss.bundle_css(path).encode()
