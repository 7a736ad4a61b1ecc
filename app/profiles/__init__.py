"""Who is in the circle: the profile a member keeps, and the directory in which members find each other."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from app.core import richtext
from app.jobs import registry
from app.profiles import forms, sentences, services
from app.profiles.views import bp


def init_app(app: Flask) -> None:
    """Register the pages of the profile and the directory, and the daily gathering of the cards behind the lists."""
    app.register_blueprint(bp)
    app.add_template_filter(richtext.render, "markdown")
    app.add_template_filter(forms.level_name, "level_name")
    registry.handler("profiles.gather", retries=2, lease=timedelta(hours=1))(services.gather_all)
    registry.schedule("profiles.gather", handler="profiles.gather", daily_at="03:10")
    sentences.register()
