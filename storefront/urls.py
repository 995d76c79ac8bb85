from django.urls import path

from storefront.booking import views as booking
from storefront.cart import views as cart
from storefront.embedded import views as embedded
from storefront.find import views as find
from storefront.manage import cancelling, confirmation, editing, paying, receipt, rescheduling
from storefront.my_bookings import lost_link
from storefront.my_bookings import views as my_bookings
from storefront.place import views as place
from storefront.series import repeating
from storefront.series import views as series

link = "bookings/<uuid:reservation_id>/<str:token>/"
urlpatterns = [
    path("", find.home, name="home"),
    path("days/", find.month, name="home-month"),
    path("resources/<uuid:resource_id>/", place.resource_day, name="resource-day"),
    path("resources/<uuid:resource_id>/month/", place.resource_month, name="resource-month"),
    path("resources/<uuid:resource_id>/hold/", place.hold, name="hold"),
    path("groups/<uuid:group_id>/", place.group_day, name="group-day"),
    path("groups/<uuid:group_id>/month/", place.group_month, name="group-month"),
    path("groups/<uuid:group_id>/hold/", place.group_hold, name="group-hold"),
    path("resources/<uuid:resource_id>/repeat/", repeating.repeat, name="resource-repeat"),
    path("embed/<slug:slug>/", embedded.venue_page, name="embedded-venue"),
    path("embed/<slug:slug>/<slug:place>/", embedded.place_page, name="embedded-place"),
    path("cart/", cart.cart, name="cart"),
    path("cart/book/", cart.book_all, name="cart-book"),
    path("cart/booked/", cart.booked, name="cart-booked"),
    path("my/", my_bookings.my_bookings, name="my-reservations"),
    path("find-my-booking/", lost_link.find_my_booking, name="find-my-booking"),
    path(link, confirmation.manage, name="reservation-manage"),
    path(f"{link}ticket/", confirmation.ticket, name="reservation-ticket"),
    path(f"{link}qr.svg", confirmation.qr, name="reservation-qr"),
    path(f"{link}details/", booking.details, name="reservation-details"),
    path(f"{link}again/", booking.again, name="reservation-again"),
    path(f"{link}extend/", booking.extend, name="reservation-extend"),
    path(f"{link}add/", booking.add, name="reservation-add"),
    path(f"{link}remove/", booking.remove, name="reservation-remove"),
    path(f"{link}release/", booking.release, name="reservation-release"),
    path(f"{link}reschedule/", rescheduling.reschedule, name="reservation-reschedule"),
    path(f"{link}cancel/", cancelling.cancel, name="reservation-cancel"),
    path(f"{link}edit/", editing.edit, name="reservation-edit"),
    path(f"{link}stop-texts/", editing.stop_texts, name="reservation-stop-texts"),
    path(f"{link}pay/", paying.pay, name="reservation-pay"),
    path(f"{link}pay/<int:number>/", paying.pay_part, name="reservation-pay-part"),
    path("payments/<uuid:payment_id>/", paying.back, name="payment-back"),
    path(f"{link}receipt/", receipt.receipt, name="reservation-receipt"),
    path(f"{link}series/", series.dates, name="reservation-series"),
    path(f"{link}series/cancel/", series.cancel, name="reservation-series-cancel"),
    path(f"{link}series/move/", series.move, name="reservation-series-move"),
]
