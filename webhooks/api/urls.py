"""Addresses of webhooks below ``/api/``."""

from common.api_views import either
from webhooks.api import views

ONE = "webhooks/<uuid:id>"
urlpatterns = [
    *either("webhooks", views.Endpoints.as_view(), "api-webhooks"),
    *either(ONE, views.EndpointDetail.as_view(), "api-webhook"),
    *either(f"{ONE}/rotate-secret", views.RotateSecret.as_view(), "api-webhook-rotate"),
    *either(f"{ONE}/test", views.SendTest.as_view(), "api-webhook-test"),
    *either(f"{ONE}/deliveries", views.Deliveries.as_view(), "api-webhook-deliveries"),
    *either(f"{ONE}/deliveries/<uuid:delivery_id>/replay", views.Replay.as_view(), "api-webhook-replay"),
]
