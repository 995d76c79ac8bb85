"""The addresses of Reservia, as its document has them (``common.root_urls``)."""

from common.api_views import either
from lending.reservia import info, people, reservations, session, things

urlpatterns = [
    *either("info/is_alive", info.IsAlive.as_view(), "reservia-is-alive"),
    *either("info/get_version", info.GetVersion.as_view(), "reservia-get-version"),
    *either("info/resources", things.ListThings.as_view(), "reservia-resources"),
    *either("info/users", people.ListPeople.as_view(), "reservia-users"),
    *either("session/login", session.Login.as_view(), "reservia-login"),
    *either("session/logout", session.Logout.as_view(), "reservia-logout"),
    *either("session/status", session.Status.as_view(), "reservia-status"),
    *either("admin/user/add", people.AddPerson.as_view(), "reservia-add-user"),
    *either("admin/user/modify", people.ChangePerson.as_view(), "reservia-modify-user"),
    *either("admin/resource/add", things.AddThing.as_view(), "reservia-add-resource"),
    *either("admin/resource/modify", things.ChangeThing.as_view(), "reservia-modify-resource"),
    *either("reservation/request", reservations.Ask.as_view(), "reservia-request"),
    *either("reservation/cancel", reservations.Cancel.as_view(), "reservia-cancel"),
    *either("reservation/release", reservations.Release.as_view(), "reservia-release"),
    *either("reservation/keep_alive", reservations.KeepAlive.as_view(), "reservia-keep-alive"),
    *either("reservation/active", reservations.Active.as_view(), "reservia-active"),
    *either("reservation/active/user", reservations.OwnActive.as_view(), "reservia-active-user"),
    *either("reservation/active/all_users", reservations.AllActive.as_view(), "reservia-active-all"),
]
