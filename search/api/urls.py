from common.api_views import either
from search.api import free, probing, quotes, searching

urlpatterns = [
    *either("timeslots", free.Timeslots.as_view(), "api-timeslots"),
    *either("availability", probing.AvailabilityView.as_view(), "api-availability"),
    *either("search", searching.Search.as_view(), "api-search"),
    *either("first-available", searching.FirstAvailable.as_view(), "api-first-available"),
    *either("quotes", quotes.QuoteView.as_view(), "api-quotes"),
    *either(
        "reservations/<uuid:id>/cancellation-quote",
        quotes.CancellationQuoteView.as_view(),
        "api-reservation-cancellation-quote",
    ),
    *either(
        "reservations/<uuid:id>/reschedule-quote",
        quotes.MoveQuoteView.as_view(),
        "api-reservation-reschedule-quote",
    ),
]
