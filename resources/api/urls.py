"""Addresses of the resource API, below ``/api/``."""

from common.api_views import either
from resources.api.views import ResourceDetail, ResourceList

urlpatterns = [
    *either("resources", ResourceList.as_view(), "api-resources"),
    *either("resources/<uuid:id>", ResourceDetail.as_view(), "api-resource"),
]
