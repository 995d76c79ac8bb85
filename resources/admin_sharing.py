"""The link to a booking page, as text, as a QR code for print, and as a line for the venue's own website."""

from typing import Any

from django.conf import settings
from django.contrib.admin.options import BaseModelAdmin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from common.qr import qr_svg
from resources.models import Resource, ResourceGroup, Venue

Shared = Venue | Resource | ResourceGroup
SCRIPT = "js/embed.js"


def page_of(row: Shared) -> str:
    """Where people book it."""
    if isinstance(row, Venue):
        return f"{settings.SITE_URL}{reverse('home')}?venue={row.slug}"
    name = "resource-day" if isinstance(row, Resource) else "group-day"
    return f"{settings.SITE_URL}{reverse(name, args=[row.uuid])}"


def frame_of(row: Shared) -> str:
    """The same for a frame of the venue's own website."""
    if isinstance(row, Venue):
        return f"{settings.SITE_URL}{reverse('embedded-venue', args=[row.slug])}"
    # A group may have the name of a resource: then the resource is found by it.
    name = row.slug if isinstance(row, Resource) else str(row.uuid)
    return f"{settings.SITE_URL}{reverse('embedded-place', args=[row.venue.slug, name])}"


def script_for(row: Shared) -> str:
    # Not by the tag ``static``: websites keep the line for years, and that address changes with each release.
    source = f"{settings.SITE_URL}{settings.STATIC_URL}{SCRIPT}"
    if isinstance(row, Venue):
        return f'<script async src="{source}" data-venue="{row.slug}"></script>'
    place = frame_of(row).rstrip("/").rpartition("/")[2]
    return f'<script async src="{source}" data-venue="{row.venue.slug}" data-place="{place}"></script>'


class SharePage(BaseModelAdmin[Any]):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        others: list[URLPattern] = super().get_urls()  # type: ignore[misc]
        return [
            path("<int:pk>/share/", view(self.share_view), name=self._name("share")),
            path("<int:pk>/share.svg", view(self.qr_view), name=self._name("qr")),
            *others,
        ]

    def _name(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        row = kwargs.get("obj")
        if row is not None:
            context["share"] = reverse(f"admin:{self._name('share')}", args=[row.pk])
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]

    def share_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._find_shared(request, pk)
        venue = row if isinstance(row, Venue) else row.venue
        context = self.admin_site.each_context(request) | {
            "title": _("Share: %(name)s") % {"name": row.name},
            "opts": self.opts,
            "row": row,
            "venue": venue,
            "link": page_of(row),
            "frame": frame_of(row),
            "script": script_for(row),
            "qr": reverse(f"admin:{self._name('qr')}", args=[row.pk]),
            "is_public": venue.is_active and row.is_active and getattr(row, "is_listed", True),
        }
        return TemplateResponse(request, "admin/resources/share.html", context)

    def qr_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return HttpResponse(qr_svg(page_of(self._find_shared(request, pk))), content_type="image/svg+xml")

    def _find_shared(self, request: HttpRequest, pk: int) -> Any:
        """Raises ``Http404`` for what is not there, or another venue's."""
        row = self.get_queryset(request).filter(pk=pk).first()
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        return row
