"""Where the provider reports what has become of payments: below ``/hooks/``."""

from django.urls import path

from payments import views

urlpatterns = [path("payments/", views.payment_report, name="payment-report")]
