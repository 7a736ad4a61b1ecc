"""Squares for a camera, drawn on the page itself: what they hold never leaves the portal."""

from __future__ import annotations

from collections.abc import Sequence

import segno
from markupsafe import Markup


def modules(code: segno.QRCode) -> Sequence[Sequence[int]]:
    """Return a code's rows of dark (1) and light (0), for paper."""
    return [[1 if module else 0 for module in row] for row in code.matrix]


def svg(code: segno.QRCode, *, css: str, label: str) -> Markup:
    """Return a code as an inline drawing; dark on white in every theme, since scanners want it so."""
    drawing = code.svg_inline(
        border=3, dark="#000", light="#fff", omitsize=True, svgclass=css, lineclass=None, title=label
    )
    return Markup(drawing)  # noqa: S704  written by segno, which escapes the title
