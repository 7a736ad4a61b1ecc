"""Text that people write with a little markup: Markdown in, a short list of harmless tags out (ASVS 1.3.1)."""

from __future__ import annotations

from functools import lru_cache

import nh3
from markdown import Markdown
from markupsafe import Markup

TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "h3", "h4", "a", "code"}
ATTRIBUTES = {"a": {"href", "title"}}
SCHEMES = {"http", "https", "mailto"}


@lru_cache(maxsize=512)
def render(text: str) -> Markup:
    """Turn what somebody wrote into HTML that can carry no script, style, picture or frame."""
    html = Markdown(extensions=["sane_lists", "nl2br"], output_format="html").convert(text)
    clean = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener nofollow ugc")
    return Markup(clean)  # noqa: S704  sanitised by an allow-list on the line above
