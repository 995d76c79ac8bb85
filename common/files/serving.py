from uuid import UUID

from django.http import FileResponse, HttpRequest
from django.views.decorators.http import require_safe

from common.errors import NotFound
from common.files.kinds import file_kinds
from common.files.storing import file_storage
from common.models import StoredFile

HEADERS = {
    # Kept, never shown: nothing in it runs here, whatever it is.
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


@require_safe
def download(request: HttpRequest, id: UUID) -> FileResponse:
    """To those whom the app that it belongs to lets read it. Raises ``NotFound``."""
    stored = StoredFile.objects.filter(pk=id).first()
    rules = file_kinds.get(stored.kind) if stored else None
    if stored is None or rules is None or not rules.may_read(request, stored):
        raise NotFound
    return answer_file(stored)


def answer_file(stored: StoredFile) -> FileResponse:
    """For addresses of an app's own, after its own check. Raises ``NotFound`` if the file itself is lost."""
    try:
        file = file_storage().open(stored.stored_as)
    except FileNotFoundError as error:
        raise NotFound from error
    return FileResponse(
        file, as_attachment=True, filename=stored.name, content_type=stored.media_type, headers=HEADERS
    )
