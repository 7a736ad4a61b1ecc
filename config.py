"""Settings from environment variables, checked before anything starts.

Embedded by default: SQLite, no other server, no keys. Grown up by configuration only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parent
DEVELOPMENT, TEST, PRODUCTION = "development", "test", "production"
DEVELOPMENT_SECRET = "a-key-for-development-that-production-refuses"  # noqa: S105  production refuses to start with it
SHORTEST_SECRET = 32
COUNTS = {"MAIL_PORT": 25, "PROXY_HOPS": 0, "WEB_PROCESSES": 1}
LIVE_STRIPE_KEYS = ("sk_live_", "rk_live_")


@dataclass(frozen=True)
class House:
    """Whose portal this is: what pages, mails and invoices call it, and where people reach it."""

    name: str
    bureau: str
    email: str
    phone: str


@dataclass(frozen=True)
class Seller:
    """Whose name, numbers and account stand on invoices (P5); an issued invoice keeps what it said."""

    legal_name: str
    street: str
    postcode: str
    city: str
    country: str
    kvk: str
    vat_id: str
    iban: str
    bic: str
    account_holder: str


INVENTED_HOUSE = {
    "NAME": "Binnenkring",
    "BUREAU": "Van Dalen & Partners interim-management",
    "EMAIL": "bureau@binnenkring.example",
    "PHONE": "030 123 45 67",
}
INVENTED_SENDER = "Binnenkring <bureau@binnenkring.example>"
INVENTED_SELLER = {
    "LEGAL_NAME": "Van Dalen & Partners interim-management B.V.",
    "STREET": "Maliesingel 212",
    "POSTCODE": "3581 BN",
    "CITY": "Utrecht",
    "COUNTRY": "NL",
    "KVK": "90001239",
    "VAT_ID": "NL001234567B29",
    "IBAN": "NL09BNKK0123456789",
    "BIC": "BNKKNL2A",
    "ACCOUNT_HOLDER": "Van Dalen & Partners interim-management B.V.",
}


class ConfigurationError(RuntimeError):
    """The portal can't start with these settings; the message lists every reason at once."""


def load(environ: Mapping[str, str]) -> dict[str, Any]:
    """Translate the environment into Flask's configuration and refuse what is missing or weak."""
    env = environ.get("ENV", DEVELOPMENT)
    production = env == PRODUCTION
    counts, no_counts = _whole_numbers(environ)
    data_dir = Path(environ.get("DATA_DIR", ROOT / "instance")).resolve()
    public_url = environ.get("PUBLIC_URL", f"http://localhost:{environ.get('PORT', '5000')}").rstrip("/")
    settings: dict[str, Any] = {
        "ENV": env,
        "TESTING": env == TEST,
        "DEBUG": False,
        "DATA_DIR": data_dir,
        "SECRETS_DIR": Path(environ.get("SECRETS_DIR", data_dir / "secrets")).resolve(),
        "PUBLIC_URL": public_url,
        "SERVER_NAME": None,
        "PREFERRED_URL_SCHEME": urlsplit(public_url).scheme or "http",
        "SECRET_KEY": environ.get("SECRET_KEY", "" if production else DEVELOPMENT_SECRET),
        "SECRET_KEY_FALLBACKS": _listed(environ.get("SECRET_KEY_FALLBACKS", "")),
        "TOTP_SECRETS": dict(
            pair.split(":", 1)
            for pair in _listed(environ.get("TOTP_SECRETS", "" if production else f"1:{DEVELOPMENT_SECRET}"))
            if ":" in pair
        ),
        "SQLALCHEMY_DATABASE_URI": database_url(environ.get("DATABASE_URL", f"sqlite:///{data_dir}/binnenkring.db")),
        "HUEY_URL": environ.get("HUEY_URL", f"sqlite:///{data_dir}/queue.db"),
        "RATELIMIT_STORAGE_URI": environ.get("RATELIMIT_STORAGE_URI", "memory://"),
        "WORKER_INSIDE": environ.get("WORKER_INSIDE", "0" if production else "1") == "1",
        "WEB_PROCESSES": counts["WEB_PROCESSES"],
        "TEST_CLOCK": env == DEVELOPMENT,
        "METRICS_TOKEN": environ.get("METRICS_TOKEN", ""),
        "TRUSTED_HOSTS": _listed(environ.get("TRUSTED_HOSTS", ""))
        or ([] if production else ["localhost", "127.0.0.1"]),
        "PROXY_HOPS": counts["PROXY_HOPS"],
        "MAIL_SERVER": environ.get("MAIL_SERVER", ""),
        "MAIL_PORT": counts["MAIL_PORT"],
        "MAIL_USE_TLS": environ.get("MAIL_USE_TLS", "0") == "1",
        "MAIL_USE_SSL": environ.get("MAIL_USE_SSL", "0") == "1",
        "MAIL_USERNAME": environ.get("MAIL_USERNAME") or None,
        "MAIL_PASSWORD": environ.get("MAIL_PASSWORD") or None,
        "MAIL_DEFAULT_SENDER": environ.get("MAIL_DEFAULT_SENDER", "" if production else INVENTED_SENDER),
        "STRIPE_SECRET_KEY": environ.get("STRIPE_SECRET_KEY", ""),
        "STRIPE_WEBHOOK_SECRET": environ.get("STRIPE_WEBHOOK_SECRET", ""),
        "STRIPE_API_BASE": environ.get("STRIPE_API_BASE", ""),
        "IDEAL_NAME": environ.get("IDEAL_NAME", "iDEAL | Wero"),
        "SELLER": Seller(**_own_or_invented(environ, "SELLER", INVENTED_SELLER, production=production)),
        "MAX_CONTENT_LENGTH": 12 * 1024 * 1024,
        "MAX_UPLOAD_LENGTH": 64 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
        "MAX_FORM_PARTS": 1000,
        "SESSION_COOKIE_NAME": "__Host-session" if production else "session",
        "SESSION_COOKIE_SECURE": production,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=90),
        "WTF_CSRF_TIME_LIMIT": None,
        "BABEL_DEFAULT_LOCALE": "nl",
        "BABEL_DEFAULT_TIMEZONE": "Europe/Amsterdam",
        "LANGUAGES": ("nl", "en"),
        "HOUSE": House(**_own_or_invented(environ, "HOUSE", INVENTED_HOUSE, production=production)),
    }
    faults = no_counts + problems(settings)
    if faults:
        raise ConfigurationError("The portal cannot start:\n" + "\n".join(f"  - {fault}" for fault in faults))
    return settings


def _whole_numbers(environ: Mapping[str, str]) -> tuple[dict[str, int], list[str]]:
    """Read the settings that count something, and name those that are no whole number; empty means the default."""
    given = {name: environ.get(name) or str(default) for name, default in COUNTS.items()}
    wrong = [name for name, text in given.items() if not (text.isascii() and text.isdigit())]
    counts = {name: COUNTS[name] if name in wrong else int(text) for name, text in given.items()}
    return counts, [f"{name} must be a whole number, 0 or more" for name in wrong]


def _own_or_invented(
    environ: Mapping[str, str], prefix: str, invented: Mapping[str, str], *, production: bool
) -> dict[str, str]:
    return {
        name.lower(): environ.get(f"{prefix}_{name}", "" if production else value) for name, value in invented.items()
    }


def database_url(url: str) -> str:
    """Name the PostgreSQL driver we ship, whichever common spelling the operator used."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def problems(settings: Mapping[str, Any]) -> list[str]:
    """Every reason why these settings may not go live, each naming its variable (ASVS 13.3.1, 6.3.2)."""
    if settings["ENV"] not in {DEVELOPMENT, TEST, PRODUCTION}:
        return ["ENV must be development, test or production"]
    if settings["ENV"] != PRODUCTION:
        live = settings["STRIPE_SECRET_KEY"].startswith(LIVE_STRIPE_KEYS)
        return ["STRIPE_SECRET_KEY is a live key: only production takes real money"] if live else []
    return [
        *_secret_problems(settings),
        *_address_problems(settings),
        *_peer_problems(settings),
        *_house_problems(settings),
    ]


def _secret_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    secret = settings["SECRET_KEY"]
    if not secret:
        yield "SECRET_KEY is missing"
    elif _is_weak(secret):
        yield f"SECRET_KEY is weak: use at least {SHORTEST_SECRET} random characters"
    if any(_is_weak(key) for key in settings["SECRET_KEY_FALLBACKS"]):
        yield f"SECRET_KEY_FALLBACKS is weak: at least {SHORTEST_SECRET} random characters each: they still count"
    if not settings["TOTP_SECRETS"]:
        yield 'TOTP_SECRETS is missing: give "1:<random characters>", a higher number for each newer key'
    elif any(_is_weak(key) for key in settings["TOTP_SECRETS"].values()):
        yield f"TOTP_SECRETS is weak: use at least {SHORTEST_SECRET} random characters per key"


def _is_weak(secret: str) -> bool:
    return secret == DEVELOPMENT_SECRET or len(secret) < SHORTEST_SECRET or len(set(secret)) < SHORTEST_SECRET // 4


def _address_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    if not settings["PUBLIC_URL"].startswith("https://"):
        yield "PUBLIC_URL must be the https:// address of the portal"
    if not settings["TRUSTED_HOSTS"]:
        yield "TRUSTED_HOSTS is missing: name the hosts the portal answers to"


def _peer_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    if not settings["MAIL_SERVER"]:
        yield "MAIL_SERVER is missing: members confirm and sign in by mail"
    if settings["STRIPE_SECRET_KEY"] and not settings["STRIPE_WEBHOOK_SECRET"]:
        yield "STRIPE_WEBHOOK_SECRET is missing while STRIPE_SECRET_KEY is set"
    if settings["STRIPE_SECRET_KEY"] and settings["STRIPE_API_BASE"]:
        yield "STRIPE_API_BASE points away from Stripe: it is for development only"
    if settings["WEB_PROCESSES"] > 1 and settings["RATELIMIT_STORAGE_URI"].startswith("memory://"):
        yield "RATELIMIT_STORAGE_URI must be shared (redis://…) when WEB_PROCESSES is more than 1"


def _house_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    """Find what would go live with the invented bureau's name, address or account on it."""
    for name in INVENTED_SELLER:
        if not getattr(settings["SELLER"], name.lower()):
            yield f"SELLER_{name} is missing: the law wants it on every invoice"
    for name in INVENTED_HOUSE:
        if not getattr(settings["HOUSE"], name.lower()):
            yield f"HOUSE_{name} is missing: pages and mails name the bureau and how to reach it"
    if not settings["MAIL_DEFAULT_SENDER"]:
        yield "MAIL_DEFAULT_SENDER is missing: from whom mails come"


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]
