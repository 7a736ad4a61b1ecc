"""Production starts with strong settings only, and says everything that is wrong at once."""

from __future__ import annotations

import pytest

import config

EARLIER_KEY = "Tz6Qw1Lr8Xc3Vn5Bm0Kj7Hg2Fd4Sa9Py"
SOUND = {
    "ENV": "production",
    "SECRET_KEY": "q8Zr1vXy5NfW0aLk3TbC7uEoJ2mHs9Dp-longer",
    "TOTP_SECRETS": "1:q8Zr1vXy5NfW0aLk3TbC7uEoJ2mHs9Dp",
    "PUBLIC_URL": "https://kring.example.nl/",
    "TRUSTED_HOSTS": "kring.example.nl, www.kring.example.nl",
    "MAIL_SERVER": "smtp.example.nl",
    "MAIL_DEFAULT_SENDER": "Kring <kring@example.nl>",
    **{f"SELLER_{name}": value for name, value in config.INVENTED_SELLER.items()},
    **{f"HOUSE_{name}": value for name, value in config.INVENTED_HOUSE.items()},
}


def test_sound_settings_start_and_cookies_are_host_bound():
    settings = config.load(SOUND)
    assert settings["PUBLIC_URL"] == "https://kring.example.nl"
    assert settings["TRUSTED_HOSTS"] == ["kring.example.nl", "www.kring.example.nl"]
    assert settings["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert settings["SESSION_COOKIE_SECURE"]
    assert settings["SESSION_COOKIE_HTTPONLY"]
    assert settings["SESSION_COOKIE_SAMESITE"] == "Lax"
    assert not settings["WORKER_INSIDE"]


def test_an_empty_environment_names_every_missing_setting():
    with pytest.raises(config.ConfigurationError) as refused:
        config.load({"ENV": "production"})
    for name in (
        "SECRET_KEY",
        "TOTP_SECRETS",
        "PUBLIC_URL",
        "TRUSTED_HOSTS",
        "MAIL_SERVER",
        "SELLER_KVK",
        "HOUSE_EMAIL",
    ):
        assert name in str(refused.value)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"SECRET_KEY": config.DEVELOPMENT_SECRET}, "SECRET_KEY is weak"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is weak"),
        ({"SECRET_KEY": "a" * 64}, "SECRET_KEY is weak"),
        ({"SECRET_KEY_FALLBACKS": config.DEVELOPMENT_SECRET}, "SECRET_KEY_FALLBACKS is weak"),
        ({"SECRET_KEY_FALLBACKS": f"{EARLIER_KEY}, short"}, "SECRET_KEY_FALLBACKS is weak"),
        ({"TOTP_SECRETS": "1:short"}, "TOTP_SECRETS is weak"),
        ({"TOTP_SECRETS": f"1:{config.DEVELOPMENT_SECRET}"}, "TOTP_SECRETS is weak"),
        ({"TOTP_SECRETS": "1:" + "a" * 64}, "TOTP_SECRETS is weak"),
        ({"PROXY_HOPS": "one"}, "PROXY_HOPS must be a whole number"),
        ({"PROXY_HOPS": "-1"}, "PROXY_HOPS must be a whole number"),
        ({"MAIL_PORT": "smtp"}, "MAIL_PORT must be a whole number"),
        ({"PUBLIC_URL": "http://kring.example.nl"}, "PUBLIC_URL must be"),
        ({"STRIPE_SECRET_KEY": "sk_live_x"}, "STRIPE_WEBHOOK_SECRET is missing"),
        (
            {"STRIPE_SECRET_KEY": "sk_live_x", "STRIPE_WEBHOOK_SECRET": "whsec_x", "STRIPE_API_BASE": "http://x"},
            "STRIPE_API_BASE",
        ),
        ({"WEB_PROCESSES": "2"}, "RATELIMIT_STORAGE_URI"),
        ({"ENV": "prod"}, "ENV must be"),
    ],
)
def test_a_weak_setting_stops_the_start_and_is_named(change, complaint):
    with pytest.raises(config.ConfigurationError, match=complaint):
        config.load(SOUND | change)


def test_only_production_takes_real_money():
    with pytest.raises(config.ConfigurationError, match="live key"):
        config.load({"STRIPE_SECRET_KEY": "sk_live_x", "STRIPE_WEBHOOK_SECRET": "whsec_x"})


def test_an_earlier_secret_key_stays_good_while_it_is_rotated():
    oldest = EARLIER_KEY[::-1]
    settings = config.load(SOUND | {"SECRET_KEY_FALLBACKS": f"{EARLIER_KEY}, {oldest}"})
    assert settings["SECRET_KEY_FALLBACKS"] == [EARLIER_KEY, oldest]


def test_a_count_that_is_left_empty_has_its_default():
    assert config.load(SOUND | {"MAIL_PORT": "", "WEB_PROCESSES": ""})["MAIL_PORT"] == 25


@pytest.mark.parametrize("scheme", ["postgres://", "postgresql://", "postgresql+psycopg://"])
def test_any_spelling_of_a_postgresql_address_works(scheme):
    assert config.load({"DATABASE_URL": f"{scheme}u@h/d"})["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://u@h/d"
