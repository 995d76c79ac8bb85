"""The API's description, as programs fetch it: built once, for building it takes longer than a second."""

import gzip
import hashlib
import threading
from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.encoding import force_bytes
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request


@dataclass(frozen=True, slots=True)
class Description:
    content_type: str
    body: bytes
    zipped: bytes
    etag: str


_descriptions: dict[tuple[str, str], Description] = {}
_lock = threading.Lock()


class DescribeApi(SpectacularAPIView):
    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        # By what answers rather than by what Accept says: of its parameters there is no end.
        key = request.accepted_renderer.media_type, get_language() or ""
        with _lock:  # whoever comes while it is being built waits for it instead of building it again
            description = _descriptions.get(key)
            if description is None:
                description = _descriptions[key] = self._build(request)
        return _answer(request, description)

    def _build(self, request: Request) -> Description:
        generator: Any = self.generator_class
        document = generator().get_schema(request=request, public=self.serve_public)
        media_type = request.accepted_renderer.media_type
        body = force_bytes(request.accepted_renderer.render(document, media_type, {}))
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        return Description(media_type, body, gzip.compress(body), etag)


def _answer(request: Request, description: Description) -> HttpResponse:
    is_zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(
        description.zipped if is_zipped else description.body, content_type=description.content_type
    )
    if is_zipped:
        response.headers["Content-Encoding"] = "gzip"
    # The same document for everybody, but two encodings of it are two representations.
    response.headers["ETag"] = etag = description.etag if not is_zipped else f"W/{description.etag}"
    response.headers["Cache-Control"] = "public, max-age=0, must-revalidate"
    patch_vary_headers(response, ["Accept", "Accept-Language", "Accept-Encoding"])
    return cast("HttpResponse", get_conditional_response(request, etag=etag, response=response))
