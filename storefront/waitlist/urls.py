from django.urls import path

from storefront.waitlist import views

link = "waitlist/<uuid:entry_id>/<str:token>/"
urlpatterns = [
    path("waitlist/", views.mine, name="my-waitlist"),
    path("resources/<uuid:resource_id>/waitlist/", views.join, name="waitlist-join"),
    path("groups/<uuid:group_id>/waitlist/", views.join_group, name="group-waitlist-join"),
    path(link, views.entry, name="waitlist-entry"),
    path(f"{link}leave/", views.leave, name="waitlist-leave"),
    path(f"{link}offers/<uuid:offer_id>/accept/", views.accept, name="waitlist-accept"),
    path(f"{link}offers/<uuid:offer_id>/decline/", views.decline, name="waitlist-decline"),
]
