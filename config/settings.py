"""Every setting of Holdfast, read from the environment; docs/configuration.md lists the variables."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
import environ
from corsheaders.defaults import default_headers
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from common.lanes import Lane
from config import __version__
from config.api_description import API_TAGS as API_TAGS
from config.api_description import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from config.browsers import read_cookie_domain, read_origins, read_same_site
from config.databases import complete_database
from config.embed_script import WHITENOISE_ADD_HEADERS_FUNCTION as WHITENOISE_ADD_HEADERS_FUNCTION
from config.hidden import hide_secrets_in_logs
from config.kept_key import read_kept_key
from config.legal import LEGAL_PAGES as LEGAL_PAGES
from config.limits import ACCOUNT_RATE_LIMITS as ACCOUNT_RATE_LIMITS
from config.limits import API_RATES as API_RATES
from config.limits import GUEST_HOLDS as GUEST_HOLDS
from config.log_file import read_log_file
from config.logs import make_logging
from config.mail import name_provider, read_mail
from config.paying import STRIPE, find_provider
from config.signing_in import ACCOUNT_FORMS as ACCOUNT_FORMS
from config.signing_in import offer_google
from config.text_messages import choose_backend, read_sender
from config.tokens import read_access_seconds, read_token_key

django_stubs_ext.monkeypatch()  # generic classes such as ModelAdmin[...] at run time

VERSION = __version__
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
env = environ.Env()
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or read_kept_key(VAR_DIR)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set; script/server makes one for a local server.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
# Whose pages may call the API may write with it, too.
CORS_ALLOWED_ORIGINS = read_origins(env.list("CORS_ALLOWED_ORIGINS", default=[]))
CSRF_TRUSTED_ORIGINS = [*env.list("CSRF_TRUSTED_ORIGINS", default=[]), *CORS_ALLOWED_ORIGINS]
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
# Where links in messages lead.
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")
_https = env.bool("HTTPS", default=not DEBUG)

INSTALLED_APPS = [
    "config.apps.HoldfastAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "anymail",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "corsheaders",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "phonenumber_field",
    "rest_framework",
    "simple_history",
    "timezone_field",
    # Our own, in the order of their layers: docs/architecture.md.
    "common",
    "accounts",
    "notifications",
    "webhooks",
    "live",
    "resources",
    "payments",
    "reservations",
    "search",
    "waitlist",
    "calendars",
    "lending",
    "classes",
    "frontdesk",
    "storefront",
    "demo",
]

MIDDLEWARE = [
    "common.request_ids.RequestIds",
    "django.middleware.security.SecurityMiddleware",
    "common.health.HealthFirst",
    "common.pages.PermissionsPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "common.compression.Compression",
    "common.unchanged.UnchangedPages",
    "accounts.middleware.NeverStored",
    "csp.middleware.CSPMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "common.unavailable.DatabaseAway",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "common.page_limits.PageLimits",
    "accounts.languages.ProfileLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "common.bodies.BoundedBodies",
    "accounts.middleware.WellFormedJson",
    "accounts.devices.KnownDevices",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "common.kept_answers.KeptAnswers",
    "common.pages.DomainErrorMiddleware",
]

ROOT_URLCONF = "tooling.urls" if DEBUG else "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "storefront.cart.holds.count_cart",
            ],
        },
    },
]

# --- Database -----------------------------------------------------------------------------------
_database = complete_database(
    env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'holdfast.sqlite3'}"),
    pool_size=env.int("DATABASE_POOL_SIZE", default=8) if env.bool("DATABASE_POOL", default=True) else 0,
)
DATABASES: dict[str, dict[str, Any]] = {"default": _database}
# Of so many resources does a process keep the configuration in memory, about 2 KB each.
CATALOG_RESOURCES = env.int("CATALOG_RESOURCES", default=50_000)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.EmailOrUsernameBackend"]
PASSWORD_HASHERS = [f"django.contrib.auth.hashers.{name}PasswordHasher" for name in ("Argon2", "PBKDF2")]
_validators = ("UserAttributeSimilarity", "CommonPassword", "NumericPassword")
_validation = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_validation}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    *({"NAME": f"{_validation}.{name}Validator"} for name in _validators),
    {"NAME": "accounts.validators.VariedPassword"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "home"

# --- Sign-in: every door goes through django-allauth; docs/decisions/0005-accounts.md ----------------
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.signup.SignUpDetails"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", default="optional")
if ACCOUNT_EMAIL_VERIFICATION not in ("mandatory", "optional", "none"):
    raise ImproperlyConfigured("EMAIL_VERIFICATION is mandatory, optional or none.")
ACCOUNT_PREVENT_ENUMERATION = ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # only in the browser of the sign-up
ACCOUNT_CHANGE_EMAIL = True  # one address per account; a new one counts once it is verified
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Holdfast] "
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _https else "http"
# Whoever registers as a facilitator leads classes, without a venue's approval.
CLASSES_OPEN_SIGNUP = env.bool("CLASSES_OPEN_SIGNUP", default=False)
# Whoever has a role at a venue uses it with a second factor only.
STAFF_NEED_SECOND_FACTOR = env.bool("STAFF_NEED_SECOND_FACTOR", default=False)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Holdfast"
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _https
# Tokens belong to a session and die with it.
HEADLESS_TOKEN_STRATEGY = "accounts.tokens.SessionTokens"  # noqa: S105  (a class, no secret)
HEADLESS_JWT_ALGORITHM = "HS256"
HEADLESS_JWT_PRIVATE_KEY = read_token_key(os.environ, SECRET_KEY)
HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True
HEADLESS_JWT_ROTATE_REFRESH_TOKEN = True
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = read_access_seconds(os.environ)
HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN = env.int("JWT_REFRESH_SECONDS", default=1_209_600)

OIDC_SERVER_URL = env.str("OIDC_SERVER_URL", default="https://accounts.google.com")
SOCIALACCOUNT_ADAPTER = "accounts.adapters.SocialAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
GOOGLE_CLIENT_ID = env.str("GOOGLE_CLIENT_ID", default="")
SOCIALACCOUNT_PROVIDERS = offer_google(
    GOOGLE_CLIENT_ID, env.str("GOOGLE_CLIENT_SECRET", default=""), OIDC_SERVER_URL
)

# --- Email --------------------------------------------------------------------------------------
vars().update(read_mail(os.environ, https=_https, folder=VAR_DIR / "mail"))
EMAIL_TIMEOUT = 10
# ANYMAIL_MAILGUN_API_KEY becomes ANYMAIL["MAILGUN_API_KEY"].
EMAIL_PROVIDER = env.str("EMAIL_PROVIDER", default="")
vars().update(name_provider(EMAIL_PROVIDER))
ANYMAIL: dict[str, Any] = {
    name.removeprefix("ANYMAIL_"): value for name, value in os.environ.items() if name.startswith("ANYMAIL_")
} | {"REQUESTS_TIMEOUT": EMAIL_TIMEOUT}

# --- Text messages: docs/messages.md ---------------------------------------------------------------
SMS_URL = env.str("SMS_URL", default="")
SMS_TOKEN = env.str("SMS_TOKEN", default="")
SMS_SENDER = read_sender(os.environ)
SMS_WEBHOOK_SECRET = env.str("SMS_WEBHOOK_SECRET", default="")
TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_API_BASE = env.str("TWILIO_API_BASE", default="https://api.twilio.com")
SMS_BACKEND = choose_backend(os.environ)

# --- Language, time, money ----------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "libraries"]  # docs/translating.md
LANGUAGE_COOKIE_AGE = 31_536_000
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"
PHONENUMBER_DEFAULT_FORMAT = PHONENUMBER_DB_FORMAT = "E164"

STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="https://api.stripe.com").rstrip("/")
STRIPE_CHECKOUT_ORIGIN = env.str("STRIPE_CHECKOUT_ORIGIN", default="https://checkout.stripe.com").rstrip("/")
# "stripe", or the dotted path of a class that takes money online; see payments.providers.
PAYMENT_PROVIDER = find_provider(env.str("PAYMENT_PROVIDER", default=""), STRIPE_SECRET_KEY)
_checkout_origins = [STRIPE_CHECKOUT_ORIGIN] if PAYMENT_PROVIDER == STRIPE else []

# --- Files --------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "media/"
MEDIA_ROOT = VAR_DIR / "media"
_files = "django.core.files.storage.FileSystemStorage"
_django = "django.contrib.staticfiles"
STATICFILES_FINDERS = [f"{_django}.finders.FileSystemFinder", "config.static_files.FilesOfApps"]
_plain = f"{_django}.storage.StaticFilesStorage"
_hashed = "config.static_files.SmallStaticFiles"
_private = {"location": VAR_DIR / "files", "file_permissions_mode": 0o600}
STORAGES = {
    "default": {"BACKEND": _files},
    "files": {"BACKEND": _files, "OPTIONS": _private},  # common.files
    "renditions": {"BACKEND": _files, "OPTIONS": {"allow_overwrite": True}},  # resources.photos
    "staticfiles": {"BACKEND": _plain if DEBUG else _hashed},
}

# --- Safety -------------------------------------------------------------------------------------
_provider = urlsplit(OIDC_SERVER_URL)
_sign_in_origins = [f"{_provider.scheme}://{_provider.netloc}"] if SOCIALACCOUNT_PROVIDERS else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        # Browsers apply it to redirects as well: signing in or paying elsewhere begins with a form of ours.
        "form-action": [SELF, *_sign_in_origins, *_checkout_origins],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"  # manage-links carry a secret: never send them elsewhere
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = read_same_site(env.str("COOKIE_SAMESITE", default="Lax"), https=_https)
CSRF_COOKIE_SAMESITE = SESSION_COOKIE_SAMESITE
SESSION_COOKIE_DOMAIN = read_cookie_domain(env.str("COOKIE_DOMAIN", default=""), site_url=SITE_URL)
CSRF_COOKIE_DOMAIN = SESSION_COOKIE_DOMAIN
CSRF_FAILURE_VIEW = "common.pages.csrf_failure"
SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^health/?$"]  # what watches the server from inside the network has no certificate
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_SECURE = _https
LANGUAGE_COOKIE_SECURE = _https
# Browsers keep to it for so long, whatever happens to the certificate: it begins with an hour.
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=3600) if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https and env.bool("HSTS_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = _https and env.bool("HSTS_PRELOAD", default=False)
# Whoever owns the domain decides about its other hosts: ``check --deploy`` has no part in that.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CORS_ALLOW_CREDENTIALS = True
_conditions = "idempotency-key if-match if-none-match last-event-id prefer"
_secrets = "x-api-key x-reservation-token x-waitlist-token"
CORS_ALLOW_HEADERS = [*default_headers, *_conditions.split(), *_secrets.split()]
_limits = "RateLimit-Limit RateLimit-Remaining RateLimit-Reset Retry-After"
CORS_EXPOSE_HEADERS = ["ETag", "Location", "Preference-Applied", "X-Request-Id", *_limits.split()]
CORS_EXPOSE_HEADERS += ["X-Reservation-Token", "X-Waitlist-Token"]
CORS_URLS_REGEX = r"^/(api/|stream(/|$))"
DATA_UPLOAD_MAX_MEMORY_SIZE = 4_194_304  # API bodies are limited to less, but for bulk questions

# --- Cache and rate limits ----------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {"default": env.cache_url("CACHE_URL", default=REDIS_URL or "locmemcache://")}
if CACHES["default"]["BACKEND"] == "django.core.cache.backends.redis.RedisCache":
    CACHES["default"]["BACKEND"] = "common.caching.LenientRedisCache"

# --- Background work: docs/background.md -----------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL or "memory://localhost"
EMBEDDED_WORKER = env.bool("EMBEDDED_WORKER", default=not REDIS_URL)
# Threads by lane: what hangs or takes long in one stops no other.
EMBEDDED_WORKERS = {"default": 2, "messages": 2, "network": 2, "calendars": 1, "long": 1}
if EMBEDDED_WORKER and "pool" in _database.get("OPTIONS", {}):  # they must not take visitors' connections
    _database["OPTIONS"]["pool"]["max_size"] += sum(EMBEDDED_WORKERS.values())
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker as long as it takes
CELERY_BROKER_TRANSPORT_OPTIONS = (
    # Whoever queues something tries once.
    {"socket_connect_timeout": 2, "socket_timeout": 2, "max_retries": 0} if REDIS_URL else {}
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True  # every task may run twice, none may be lost
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 900
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "UTC"
CELERY_TASK_QUEUES: dict[str, dict[str, Any]] = {lane.value: {} for lane in Lane}
CELERY_TASK_DEFAULT_QUEUE = Lane.DEFAULT.value
CELERY_TASK_ROUTES = ("common.lanes.route_task",)
CELERY_BEAT_SCHEDULER = "config.schedule:Scheduler"
# How often jobs run that name no interval of their own.
TICK_SECONDS = env.int("TICK_SECONDS", default=15)
# Webhooks and calendar feeds may not reach into the network of the server, unless this is on.
ALLOW_PRIVATE_ADDRESSES = env.bool("ALLOW_PRIVATE_ADDRESSES", default=False)
OUTGOING_PORTS = env.list("OUTGOING_PORTS", cast=int, default=[80, 443])
# Services of one's own that hear of every venue's bookings: docs/webhooks.md.
CRM_SERVICE_URL = env.str("CRM_SERVICE_URL", default="")
CRM_BEARER_TOKEN = env.str("CRM_BEARER_TOKEN", default="")
EMAIL_SERVICE_URL = env.str("EMAIL_SERVICE_URL", default="")
NOTIFICATION_SERVICE_URL = env.str("NOTIFICATION_SERVICE_URL", default="")
BACKEND_SERVICE_TOKEN = env.str("BACKEND_SERVICE_TOKEN", default="")
# Live updates: docs/live.md says what each of these limits.
STREAMS_PER_CLIENT = env.int("STREAMS_PER_CLIENT", default=20)
STREAM_RECHECK_SECONDS = env.int("STREAM_RECHECK_SECONDS", default=60)
STREAM_LOOK_SECONDS = env.float("STREAM_LOOK_SECONDS", default=1.0)
STREAM_ELSEWHERE = env.bool("STREAM_ELSEWHERE", default=False)
SECURITY_CONTACT = env.str("SECURITY_CONTACT", default="")  # mailto:… or https://…, for weaknesses
# So many days does the log of sign-ins, refusals, roles and keys go back.
SECURITY_LOG_DAYS = env.int("SECURITY_LOG_DAYS", default=180)
# So many days after their last booking or wish guests' names and addresses are erased; 0: never.
GUEST_DATA_DAYS = env.int("GUEST_DATA_DAYS", default=0)
# Months after which bookings go, and those paid for (0: never); where they are kept as files, if at all.
HISTORY_MONTHS = env.int("HISTORY_MONTHS", default=0)
HISTORY_PAID_MONTHS = env.int("HISTORY_PAID_MONTHS", default=0)
HISTORY_ARCHIVE = env.str("HISTORY_ARCHIVE", default="")
LINK_DAYS = env.int("LINK_DAYS", default=90)  # after a visit, until its secret link ends; 0: never

# --- API ----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.TokenAuthentication",
        "common.api.SessionAuthentication",
    ],
    "DEFAULT_SCHEMA_CLASS": "common.schema.OperationSchema",
    "DEFAULT_THROTTLE_CLASSES": ["common.throttling.RateLimit"],
    "NUM_PROXIES": TRUSTED_PROXIES,
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["common.rendering.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "common.api_pages.Pagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "common.api.exception_handler",
    "COERCE_DECIMAL_TO_STRING": True,
}

hide_secrets_in_logs()
LOGGING = make_logging(env.str("LOG_LEVEL", default="INFO"), read_log_file(os.environ))
