"""The portal, put together: settings, extensions, domains, wiring, in that order."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from flask import Flask
from flask_babel import Babel
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

import config
from app import wiring
from app.core import access, fragments, limits, web
from app.core.db import db

PARTS = (
    "core.access_table",
    "core.observability",
    "core.health",
    "core.backup",
    "core.styleguide",
    "core.testclock",
    "jobs",
    "mail",
    "audit",
    "accounts",
    "payments",
    "membership",
    "profiles",
    "agenda",
    "development",
    "challenge",
    "bureau",
    "demo",
)
csrf = CSRFProtect()


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """Build one application; everything it needs to know comes from the environment and, in tests, the overrides."""
    app = Flask(__name__)
    app.jinja_environment = fragments.PageEnvironment
    app.config.from_mapping(config.load(os.environ))
    app.config.from_mapping(overrides or {})
    app.config["DATA_DIR"].mkdir(parents=True, exist_ok=True)

    db.init_app(app)
    Migrate(app, db, directory=str(config.ROOT / "migrations"), compare_type=True)
    Babel(app, locale_selector=web.select_locale)
    web.init_app(app)
    access.init_app(app)
    csrf.init_app(app)
    limits.init_app(app)
    for part in PARTS:
        import_module(f"app.{part}").init_app(app)
    wiring.connect(app)

    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=app.static_folder,
        prefix="static/",
        max_age=web.A_YEAR,
        allow_all_origins=False,
        add_headers_function=web.file_headers(app),
        autorefresh=app.config["ENV"] != config.PRODUCTION,
    )
    hops = app.config["PROXY_HOPS"]
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app
