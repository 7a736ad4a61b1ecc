"""How a stored file leaves the portal."""

from __future__ import annotations

from flask import send_file
from werkzeug.wrappers import Response

from app.agenda.materials.models import Material
from app.core import files
from app.core.errors import NotFound


def download(material: Material) -> Response:
    """Send a file as a download under the name it came with; a browser never shows it in our name (ASVS 3.2.1)."""
    if not material.stored_name:
        raise NotFound
    return send_file(
        files.path(material.stored_name),
        mimetype=material.mimetype,
        as_attachment=True,
        download_name=material.shown_name,
    )
