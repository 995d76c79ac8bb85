"""How often, and how much at once, one account or one address may ask."""

import environ

env = environ.Env()

# Requests to API and pages, of one account or one address of guests, per s(econd), m(inute), h(our) or d(ay).
API_RATES = {
    "read": env.str("API_RATE_READ", default="1200/m"),
    "read_guest": env.str("API_RATE_READ_GUEST", default="600/m"),
    "write": env.str("API_RATE_WRITE", default="240/m"),
    "write_guest": env.str("API_RATE_WRITE_GUEST", default="120/m"),
    "hold": env.str("API_RATE_HOLD", default="60/m"),
    "hold_guest": env.str("API_RATE_HOLD_GUEST", default="30/m"),
    "auth_guest": env.str("API_RATE_AUTH", default="30/m"),
    "link": env.str("RATE_LOST_LINK", default="10/m"),
    "link_guest": env.str("RATE_LOST_LINK", default="10/m"),
    "data_link": "5/d",  # mails about one's data to one address, whoever asks for them
}
# Times that guests may hold at once.
GUEST_HOLDS = {
    "browser": env.int("GUEST_HOLDS_BROWSER", default=10),
    "address": env.int("GUEST_HOLDS_ADDRESS", default=40),
}
# Attempts at signing in and up, in the words of django-allauth.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "20/m/ip,5/5m/key",  # the key is account and address, or a known device
    "login_failed_anywhere": "100/h/key",  # of one account, from devices that are not known
    "signup": "20/m/ip",
    "email_taken": "5/h/ip",  # so often is an address told through the API who has an account
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
}
