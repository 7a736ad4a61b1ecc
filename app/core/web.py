"""What every page shares: input hygiene, headers, language and theme, versioned assets, formatting, refusals."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import unquote_to_bytes, urlencode, urlsplit
from wsgiref.headers import Headers

from flask import Flask, current_app, flash, g, has_request_context, make_response, redirect, render_template, request
from flask_login import current_user
from jinja2 import StrictUndefined
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.wrappers import Response

from app.core import access, clock, fragments, navigation
from app.core.context import Serving, serve, serving
from app.core.errors import NotFound, Refusal
from app.core.formats import clock_time, day_as, file_size, long_date, moment, short_date, time_range
from app.core.i18n import _, language, speak_in_templates
from app.core.money import format_money

V = TypeVar("V", bound=Callable[..., Any])
THEMES = ("auto", "light", "dark")
A_YEAR = 365 * 24 * 3600
FORM = "application/x-www-form-urlencoded"
SINGLE_KEYS = ("csrf_token", "next", "lang", "theme")
_REQUEST_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")
_CONTROL = re.compile(r"[\x00\x7f]")

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "img-src 'self' data:; form-action 'self'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=()",
}


def init_app(app: Flask) -> None:
    """Register what every request passes through, in order."""
    app.before_request(_begin)
    app.before_request(_let_files_in)
    app.before_request(_refuse_junk)
    app.before_request(_remember_preference)
    app.after_request(_finish)
    app.register_error_handler(Refusal, _show_refusal)
    app.register_error_handler(NotFound, lambda _error: _show_error(404))
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(Exception, _show_crash)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        money=format_money,
        date=short_date,
        date_long=long_date,
        dateformat=day_as,
        moment=moment,
        time=clock_time,
        time_range=time_range,
        file_size=file_size,
    )
    speak_in_templates(app.jinja_env)
    app.jinja_env.globals.update(
        languages=app.config["LANGUAGES"],
        house=app.config["HOUSE"],
        env=app.config["ENV"],
        asset=asset,
        with_query=with_query,
        navigation=navigation.menu,
        may=access.may,
        current_user=current_user,
    )
    fragments.init_app(app)
    app.context_processor(_shared_values)


def select_locale() -> str:
    """Choose the language: asked for on this request, kept in the cookie, the account's own, else Dutch."""
    if not has_request_context():
        return str(current_app.config["BABEL_DEFAULT_LOCALE"])
    languages = current_app.config["LANGUAGES"]
    for wanted in (request.args.get("lang"), request.cookies.get("lang")):
        if wanted and wanted in languages:
            return wanted
    own: str = getattr(getattr(g, "_login_user", None), "locale", "")
    return own if own in languages else str(current_app.config["BABEL_DEFAULT_LOCALE"])


def safe_next(target: str | None, fallback: str) -> str:
    """Return a path on this host to go on to; anything else, or anything odd, is the fallback (ASVS 3.7.2)."""
    if (
        not target
        or not target.startswith("/")
        or target.startswith(("//", "/\\"))
        or re.search(r"[\x00-\x20\\\x7f]", target)
    ):
        return fallback
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else fallback


def with_query(**changes: Any) -> str:
    """Return the address of this page with some query values changed; None takes one out."""
    values = request.args.to_dict(flat=False)
    for name, value in changes.items():
        values.pop(name, None)
        if value is not None:
            values[name] = [str(value)]
    query = urlencode(values, doseq=True)
    return request.path + (f"?{query}" if query else "")


@lru_cache(maxsize=256)
def _versioned(folder: str, prefix: str, name: str) -> str:
    version = hashlib.sha256((Path(folder) / name).read_bytes()).hexdigest()[:10]
    return f"{prefix}/{name}?v={version}"


def asset(name: str) -> str:
    """Return a static file's address with a version, so that browsers keep it until it changes.

    A page asks this for every icon, so the address is built once and not by `url_for` each time.
    """
    root = request.script_root if has_request_context() else ""
    return _versioned(str(current_app.static_folder), f"{root}{current_app.static_url_path}", name)


def flash_undo(message: str, *, url: str) -> None:
    """Say what was done, with a button that takes it back: posting to `url` undoes it."""
    flash(cast("str", {"text": message, "undo": url}), "success")


def _shared_values() -> dict[str, Any]:
    theme = request.cookies.get("theme", "auto") if has_request_context() else "auto"
    return {
        "locale": language(),
        "theme": theme if theme in THEMES else "auto",
        "request_id": serving().request_id,
        "moved_to": clock.now() if clock.shift() else None,
        "has_errors": False,
    }


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    request_id = given if _REQUEST_ID.match(given) else secrets.token_hex(8)
    serve(Serving(request_id=request_id, address=request.remote_addr or ""))


def takes_files(view: V) -> V:
    """Let a view read a form with large files: one over the field's own limit is told at the field, the rest kept."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def untraced(view: V) -> V:
    """Let a page leave no line in the logs and no moment at a session: who voted when is nobody's business (V5)."""
    view.untraced = True  # type: ignore[attr-defined]
    return view


def is_untraced() -> bool:
    """Say whether the page that is asked for leaves no trace."""
    return bool(getattr(current_app.view_functions.get(request.endpoint or ""), "untraced", False))


def _let_files_in() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "takes_files", False):
        request.max_content_length = current_app.config["MAX_UPLOAD_LENGTH"]


def _refuse_junk() -> None:
    """Answer bytes that are no UTF-8, control characters and doubled single-value keys with 400 (ASVS 15.3.7)."""
    sent = [request.environ.get("QUERY_STRING", "").encode("latin-1")]
    if request.mimetype == FORM and (request.content_length or 0) <= current_app.config["MAX_FORM_MEMORY_SIZE"]:
        sent.append(request.get_data())
    if "\ufffd" in request.path or _CONTROL.search(request.path) or any(map(_is_junk, sent)):
        raise BadRequest
    for values in (request.args, request.form if request.method != "GET" else MultiDict()):
        if any(len(values.getlist(key)) > 1 for key in SINGLE_KEYS):
            raise BadRequest
        if any("\x00" in part or "\ufffd" in part for pair in values.items(multi=True) for part in pair):
            raise BadRequest


def _is_junk(encoded: bytes) -> bool:
    raw = unquote_to_bytes(encoded.replace(b"+", b" "))
    try:
        return "\x00" in raw.decode()
    except UnicodeDecodeError:
        return True


def _remember_preference() -> Response | None:
    """Keep a chosen language or theme in a cookie and show the same page again without the choice in its address."""
    if request.method != "GET" or not ({"lang", "theme"} & request.args.keys()):
        return None
    response = redirect(safe_next(with_query(lang=None, theme=None), "/"), 303)
    choices = {"lang": current_app.config["LANGUAGES"], "theme": THEMES}
    for name, allowed in choices.items():
        value = request.args.get(name, "")
        if value in allowed:
            _keep(response, name, value)
    return response


def remember_language(response: Response, locale: str) -> None:
    """Let this browser speak a language from now on."""
    _keep(response, "lang", locale)


def _keep(response: Response, name: str, value: str) -> None:
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(name, value, max_age=A_YEAR, secure=secure, httponly=True, samesite="Lax")


def let_forms_lead_to(origin: str) -> None:
    """Let forms of this page end, by redirect, at another origin: a payment provider's page."""
    g.form_targets = [*getattr(g, "form_targets", []), origin]


def _headers(app: Flask) -> dict[str, str]:
    if app.config["ENV"] != "production":
        return HEADERS
    return HEADERS | {"Strict-Transport-Security": f"max-age={2 * A_YEAR}; includeSubDomains"}


def file_headers(app: Flask) -> Callable[[Headers, str, str], None]:
    """Return what sets the headers of a static file, which is served before Flask is asked (ASVS 3.4)."""
    said = _headers(app) | {"Content-Security-Policy": CONTENT_SECURITY_POLICY}

    def add(headers: Headers, _path: str, _url: str) -> None:
        for name, value in said.items():
            headers[name] = value

    return add


def _finish(response: Response) -> Response:
    targets = getattr(g, "form_targets", [])
    response.headers.setdefault("Content-Security-Policy", " ".join([CONTENT_SECURITY_POLICY, *targets]))
    for name, value in _headers(current_app).items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-ID"] = serving().request_id
    if request.endpoint != "static":
        signed_in = getattr(g, "_login_user", None) is not None and current_user.is_authenticated
        if signed_in and not response.cache_control.public:
            response.headers["Cache-Control"] = "no-store"  # over what sending a file has set by itself
        response.headers.setdefault("Cache-Control", "no-cache, private")
        response.vary.update(("Cookie",))
    return response


def _show_refusal(refusal: Refusal) -> Response:
    """Show why not and the way out; a form post goes back to its own page with the message."""
    message = str(refusal.message) or _("This is no longer possible. Reload the page to see how it stands now.")
    origin = _page_before()
    if request.method == "POST" and refusal.way_out is None and origin is not None:
        flash(message, "error")
        return redirect(origin or "/", 303)
    page = render_template("errors/refusal.html", message=message, way_out=refusal.way_out)
    return make_response(page, refusal.status)


def _page_before() -> str | None:
    """Return the page of ours that this request came from; None from elsewhere, "" when its address is odd."""
    referrer = urlsplit(request.referrer or "")
    if referrer.netloc != request.host:
        return None
    return safe_next(referrer.path + (f"?{referrer.query}" if referrer.query else ""), "")


def _show_error(status: int) -> Response:
    page_before = _page_before() if request.method == "POST" else None
    return make_response(render_template("errors/error.html", status=status, page_before=page_before), status)


def _show_http_error(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < 400 or error.response is not None:  # noqa: PLR2004  redirects pass through
        return error
    response = _show_error(error.code)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _show_crash(error: Exception) -> Response:
    current_app.logger.error("unhandled", exc_info=error)
    return _show_error(500)
