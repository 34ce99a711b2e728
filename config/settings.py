"""The one settings file: everything that differs between installations is read from the environment here."""

import hmac
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
import pghistory
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from environs import Env, validate

from config import local, logs

env = Env(prefix="COACHHOUSE_")

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = local.data_dir()

# Secrets come from the environment or from the file that `script/server` writes on its first start.
_secrets = local.load_secrets()


def _secret(name: str) -> str:
    value = env.str(name.upper(), None) or _secrets.get(name)
    if not value:
        raise ImproperlyConfigured(
            f"COACHHOUSE_{name.upper()} is not set and {local.secrets_file()} does not exist. "
            "Set the variable, or start once with script/server, which generates it."
        )
    return str(value)


SECRET_KEY = _secret("secret_key")
FIELD_KEY = _secret("field_key")  # encrypts secrets at rest (provider passwords)
try:
    Fernet(FIELD_KEY)
except ValueError as error:
    raise ImproperlyConfigured("COACHHOUSE_FIELD_KEY is no Fernet key: 32 bytes in URL-safe Base64.") from error

DEBUG = env.bool("DEBUG", False)
PORT = Env().int("PORT", 8000)
BASE_URL = env.str("BASE_URL", f"http://127.0.0.1:{PORT}")
ALLOWED_HOSTS = env.list("HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("TRUSTED_ORIGINS", [])
# How many reverse proxies of ours stand in front: only that many X-Forwarded-For entries are believed.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "rest_framework_simplejwt",
    "rest_framework_simplejwt.token_blacklist",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "corsheaders",
    "pgtrigger",
    "pghistory",
    "access",
    "telephony",
    "leads",
    "bookings",
    "coaching",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "access.middleware.Tolerance",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "access.middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "access.middleware.Forms",
    "access.middleware.SignedIn",
    "access.middleware.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "telephony.admin.site.StaffZone",
]

# Pages of these origins may call the API from a browser, `*` for those of any (ICTCore 1.1). Browsers add the password
# of a Basic sign-in to a request by themselves when credentials are allowed, so pages of any origin go without.
CORS_ALLOWED_ORIGINS = env.list("CORS_ORIGINS", [])
CORS_ALLOW_ALL_ORIGINS = "*" in CORS_ALLOWED_ORIGINS
if CORS_ALLOW_ALL_ORIGINS:
    CORS_ALLOWED_ORIGINS = []
CORS_ALLOW_CREDENTIALS = not CORS_ALLOW_ALL_ORIGINS
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS"]
CORS_ALLOW_HEADERS = [
    *("authorization", "authentication", "x-api-key", "accept", "content-type"),
    *("x-http-method-override", "idempotency-key"),
]
CORS_EXPOSE_HEADERS = ["Content-Type", "Content-Length", "Content-Disposition"]
if CORS_ALLOWED_ORIGINS or CORS_ALLOW_ALL_ORIGINS:
    MIDDLEWARE.insert(0, "corsheaders.middleware.CorsMiddleware")  # before all others, so that refusals pass it too

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False

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
            ]
        },
    }
]

DATABASES = {
    "default": dj_database_url.parse(
        local.database_url(),
        engine="access.database",
        conn_max_age=env.int("DB_CONN_MAX_AGE", 60),
        conn_health_checks=True,
    )
}
if env.bool("DB_PREPARE", True):  # "no" behind a pooler that knows no prepared statements
    DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = 1
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = local.redis_url()
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL.replace("redis+socket://", "unix://"),
        "KEY_PREFIX": "cache",
    }
}

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "access.backends.PasswordBackend"]
PASSWORD_HASHERS = ["access.hashers.Argon2idPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"  # where a foreign address to go on to is not followed

AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=10)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_SENSITIVE_PARAMETERS = ["username", "password"]
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
AXES_CLIENT_IP_CALLABLE = "access.addresses.client_address"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "access.authentication.APIKeyAuthentication",
        "access.authentication.BearerAuthentication",
        "access.authentication.BasicAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["access.permissions.HasRight"],
    "DEFAULT_RENDERER_CLASSES": ["access.api.rendering.ORJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["access.api.rendering.ORJSONParser", "rest_framework.parsers.FormParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "access.api.rendering.JSONForEverybody",
    "EXCEPTION_HANDLER": "access.api.errors.exception_handler",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=env.int("ACCESS_TOKEN_MINUTES", 60)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=env.int("REFRESH_TOKEN_DAYS", 14)),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "CHECK_REVOKE_TOKEN": True,
    "ALGORITHM": "HS256",
    "SIGNING_KEY": hmac.digest(SECRET_KEY.encode(), b"tokens", "sha256").hex(),  # signs nothing but tokens
    "ISSUER": "coachhouse",
    "AUDIENCE": "coachhouse",
    "UPDATE_LAST_LOGIN": False,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Coachhouse API",
    "DESCRIPTION": "Telephony as ICTCore publishes it: contacts, messages, programs, transmissions, campaigns. "
    "Beside it the chapters *bookings* and *leads*, each with credentials and errors of its own contract.",
    "VERSION": "1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api",
}

# Celery only moves: results are not kept, and no due time ever lives in the broker.
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600, "socket_timeout": 10, "socket_connect_timeout": 5}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_TIMEZONE = "UTC"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

HTTPS = env.bool("HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^carriers/"]  # a Kannel on this machine knows no proxy; what it brings is signed
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "config.logs.Discreet",
            # Under script/server the supervisor writes the time of each line.
            "format": ("%(asctime)s " if env.bool("LOG_TIMES", True) else "") + "%(levelname)s %(name)s: %(message)s",
        }
    },
    "filters": {
        "faults": {"()": "django.utils.log.CallbackFilter", "callback": logs.is_a_fault},
        "outage": {"()": "django.utils.log.CallbackFilter", "callback": logs.about_an_outage},
        "strange host": {"()": "django.utils.log.CallbackFilter", "callback": logs.about_a_strange_host},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["outage"]}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "django.request": {"level": "ERROR", "filters": ["faults"]},  # a caller's 4xx is no event of ours
        "django.security.DisallowedModelAdminLookup": {"level": "CRITICAL"},  # nor is this one, which is a 400
        "django.security.DisallowedHost": {"filters": ["strange host"]},
        "py.warnings": {"level": "ERROR"},
    },
}

# The history of rows: looked up by the row it tells of, and by nothing else
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)
PGHISTORY_CONTEXT_FIELD = pghistory.ContextForeignKey(db_index=False)
PGHISTORY_OBJ_FIELD = pghistory.ObjForeignKey(db_index=True, related_name="history")

# Telephony
DEFAULT_REGION = env.str("DEFAULT_REGION", "US")  # reads numbers written in national form
COMPANY = {
    "name": env.str("COMPANY_NAME", "Coachhouse"),
    "email": env.str("COMPANY_EMAIL", "office@example.com"),
    "phone": env.str("COMPANY_PHONE", ""),
    "address": env.str("COMPANY_ADDRESS", ""),
}
# Kannel, through which texts go: its sendsms service, its status page (empty: none), and where it calls us back.
KANNEL = {
    "url": env.str("KANNEL_URL", "http://127.0.0.1:13013/cgi-bin/sendsms"),
    "username": env.str("KANNEL_USERNAME", "coachhouse"),
    "password": env.str("KANNEL_PASSWORD", ""),  # empty, here and below: one that follows from the secret key
    "status_url": env.str("KANNEL_STATUS_URL", "http://127.0.0.1:13000/status.xml"),
    "callback_url": env.str("KANNEL_CALLBACK_URL", BASE_URL),
    "inbound_password": env.str("KANNEL_INBOUND_PASSWORD", ""),
}
# Mail that comes in: a listener (empty: none) and a mailbox elsewhere that is looked into (empty: none).
MAILBOX = {
    "listen": env.str("MAILBOX_LISTEN", ""),  # host:port
    "protocol": env.str("MAILBOX_PROTOCOL", "lmtp", validate=validate.OneOf(["lmtp", "smtp"])),
    "certificate": env.str("MAILBOX_CERTIFICATE", ""),  # file with certificate and key, for STARTTLS
    "imap_host": env.str("MAILBOX_IMAP_HOST", ""),
    "imap_port": env.int("MAILBOX_IMAP_PORT", 993),
    "imap_user": env.str("MAILBOX_IMAP_USER", ""),
    "imap_password": env.str("MAILBOX_IMAP_PASSWORD", ""),
    "imap_folder": env.str("MAILBOX_IMAP_FOLDER", "INBOX"),
    "imap_done": env.str("MAILBOX_IMAP_DONE", ""),  # folder for what was taken in; empty: it is marked as seen
    "imap_tls": env.bool("MAILBOX_IMAP_TLS", True),
    "imap_seconds": env.int("MAILBOX_IMAP_SECONDS", 60),
    "max_bytes": env.int("MAILBOX_MAX_BYTES", 25 * 1024 * 1024),
    # What becomes of mail that no program wants: refused at the door, answered in words, or dropped.
    "unknown": env.str("MAILBOX_UNKNOWN", "refuse", validate=validate.OneOf(["refuse", "answer", "drop"])),
    "answer_as": env.str("MAILBOX_ANSWER_AS", ""),  # the user in whose name it is answered
    # The mail server whose Authentication-Results are believed; with it, a sender that fails DMARC cannot send faxes.
    "authserv_id": env.str("MAILBOX_AUTHSERV_ID", ""),
    "fax_tries": env.int("MAILBOX_FAX_TRIES", 3),
}
# A text of one of these words alone puts its sender on the do-not-call list, or takes it off again.
STOP_WORDS = env.list("STOP_WORDS", ["STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"])
START_WORDS = env.list("START_WORDS", ["START", "UNSTOP"])
MAIL_DOMAIN = env.str("MAIL_DOMAIN", COMPANY["email"].rpartition("@")[2])  # of addresses that are made up for numbers
# Where telephones sign in.
PROVISIONING = {
    "host": env.str("PROVISIONING_HOST", urlsplit(BASE_URL).hostname or "localhost"),
    "port": env.int("PROVISIONING_PORT", 5060),
    "wss": env.int("PROVISIONING_WSS", 7443),
}

# Webhooks go to public addresses over TLS only; these hosts, addresses or networks may be private, and without TLS.
WEBHOOK_PRIVATE_HOSTS = env.list("WEBHOOK_PRIVATE_HOSTS", [])
# Switches: their event sockets with password (esl://:password@127.0.0.1:8021), where they reach us about calls, and a
# folder that both sides see at the same path: what is played, what is recorded, faxes.
FREESWITCH_NODES = env.list("FREESWITCH_NODES", [])
FREESWITCH_LISTEN = env.str("FREESWITCH_LISTEN", "127.0.0.1:8084")
FREESWITCH_CONFIG = env.str("FREESWITCH_CONFIG", "")  # a folder for their configuration, kept up to date if given
FREESWITCH_FOLDER = env.str("FREESWITCH_FOLDER", str(DATA_DIR / "switch"))
# For so many seconds `manage.py switch` lets running calls end when it is told to stop; script/server leaves it five.
FREESWITCH_FINISH_SECONDS = env.float("FREESWITCH_FINISH_SECONDS", 3.0)
# Reads a text on its standard input and speaks it into a WAV file.
SPEECH_COMMAND = env.str("SPEECH_COMMAND", "espeak-ng -v en-us -s 150 --stdin -w {file}")

# The back office
UNFOLD = {
    "SITE_TITLE": "Coachhouse",
    "SITE_HEADER": "Coachhouse",
    "SITE_SUBHEADER": "Back office",
    "SITE_SYMBOL": "headset_mic",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "telephony.admin.site.icon"}],
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "ENVIRONMENT": "telephony.admin.site.environment",
    "DASHBOARD_CALLBACK": "telephony.admin.dashboard.dashboard",
    "STYLES": ["telephony.admin.site.stylesheet"],
    "SIDEBAR": {"command_search": True, "show_search": True, "navigation": "telephony.admin.navigation.sidebar"},
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.604)",
            "100": "oklch(93.2% .032 255.585)",
            "200": "oklch(88.2% .059 254.128)",
            "300": "oklch(80.9% .105 251.813)",
            "400": "oklch(70.7% .165 254.624)",
            "500": "oklch(62.3% .214 259.815)",
            "600": "oklch(54.6% .245 262.881)",
            "700": "oklch(48.8% .243 264.376)",
            "800": "oklch(42.4% .199 265.638)",
            "900": "oklch(37.9% .146 265.522)",
            "950": "oklch(28.2% .091 267.935)",
        }
    },
}

env.seal()
