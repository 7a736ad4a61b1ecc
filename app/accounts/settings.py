"""Flask-Security's settings: it hashes passwords and keeps the TOTP wallet; every page and every session is our own."""

from __future__ import annotations

from typing import Any

ARGON2 = {"argon2__time_cost": 2, "argon2__memory_cost": 19456, "argon2__parallelism": 1}
ARGON2_IN_TESTS = {"argon2__time_cost": 1, "argon2__memory_cost": 8, "argon2__parallelism": 1}


def security_settings(*, testing: bool, issuer: str, totp_secrets: dict[str, str]) -> dict[str, Any]:
    """Return the SECURITY_* settings; in tests a hash costs next to nothing."""
    return {
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
        "SECURITY_PASSWORD_SALT": "unused with a single hash, asked for at start",
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": ARGON2_IN_TESTS if testing else ARGON2,
        "SECURITY_PASSWORD_NORMALIZE_FORM": "NFKC",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_TOTP_ISSUER": issuer,
        "SECURITY_TOTP_SECRETS": totp_secrets,
        "SECURITY_CLI_USERS_NAME": False,
        "SECURITY_CLI_ROLES_NAME": False,
    }
