"""Addresses of the resource API, below ``/api/``."""

from common.api_views import either
from resources.api.templates import TemplateDetail, TemplateList
from resources.api.views import ResourceDetail, ResourceList

urlpatterns = [
    *either("resources", ResourceList.as_view(), "api-resources"),
    *either("resources/<uuid:id>", ResourceDetail.as_view(), "api-resource"),
    *either("timeslot-templates", TemplateList.as_view(), "api-timeslot-templates"),
    *either("timeslot-templates/<int:id>", TemplateDetail.as_view(), "api-timeslot-template"),
]
