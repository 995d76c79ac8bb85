from django.urls import path, re_path

from accounts.views import data, guest_data, keys, profile
from accounts.views.signing_up import ConfirmEmail, SignUp

urlpatterns = [
    # Before allauth's own:
    path("accounts/signup/", SignUp.as_view(), name="account_signup"),
    re_path(
        r"^accounts/confirm-email/(?P<key>[-:\w]+)/$", ConfirmEmail.as_view(), name="account_confirm_email"
    ),
    path("account/", profile.home, name="account-home"),
    path("account/profile/", profile.profile, name="account-profile"),
    path("account/keys/", keys.keys, name="account-keys"),
    path("account/keys/<uuid:key_id>/revoke/", keys.revoke, name="account-key-revoke"),
    path("my-data/", guest_data.ask, name="guest-data-ask"),
    path("my-data/<str:token>/", guest_data.data, name="guest-data"),
    path("my-data/<str:token>/download/", guest_data.download, name="guest-data-download"),
    path("account/data/", data.data, name="account-data"),
    path("account/data/download/", data.download, name="account-data-download"),
    path("account/delete/", data.delete, name="account-delete"),
]
