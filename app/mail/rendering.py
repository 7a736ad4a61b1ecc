"""Rendering a mail's three templates in the reader's language, whoever acts and whatever request is served."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from app.core.i18n import language, speaking

LARGEST_HTML = 100_000
_ENDINGS = ("subject.txt", "txt", "html")


@dataclass(frozen=True)
class Rendered:
    """A mail's texts."""

    subject: str
    text: str
    html: str


def public_url() -> str:
    """Return the portal's own address."""
    return str(current_app.config["PUBLIC_URL"])


def link(endpoint: str, **values: Any) -> str:
    """Return an absolute address under PUBLIC_URL; never the host that some request claims."""
    public = urlsplit(public_url())
    adapter = current_app.url_map.bind(public.netloc, script_name=public.path or "/", url_scheme=public.scheme)
    return adapter.build(endpoint, values, force_external=True)


def one_line(text: str) -> str:
    """Return text as one line, so that a name or title can never add a header."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _tidy(text: str) -> str:
    """Return plain text without trailing blanks and with one empty line at most between paragraphs."""
    lines = "\n".join(line.rstrip() for line in text.replace("\x00", "").strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines) + "\n"


def render(template: str, *, locale: str, name: str, values: Mapping[str, Any]) -> Rendered:
    """Render subject, text and HTML of `<domain>/mail/<name>`, each a file of its own; a missing value is an error."""
    environment = current_app.jinja_env
    domain, separator, short = template.rpartition("/")
    folder = template if not separator or domain.endswith("/mail") else f"{domain}/mail/{short}"
    with speaking(locale):
        shared = {
            "house": current_app.config["HOUSE"],
            "public_url": public_url(),
            "link": link,
            "locale": language(),
            "name": name,
            "unsubscribe_url": None,
        }
        context = {**shared, **values}
        subject = one_line(environment.get_template(f"{folder}.{_ENDINGS[0]}").render(context))
        context["subject"] = subject
        text, html = (environment.get_template(f"{folder}.{ending}").render(context) for ending in _ENDINGS[1:])
    if not subject:
        raise ValueError(f"{template} has no subject")
    if len(html.encode()) > LARGEST_HTML:
        raise ValueError(f"{template} is larger than {LARGEST_HTML} bytes: mail programs would cut it off")
    return Rendered(subject, _tidy(text), html.replace("\x00", "").strip() + "\n")
