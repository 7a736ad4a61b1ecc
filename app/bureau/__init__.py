"""The back office: what waits, how things stand, everybody in one list. It owns no business table."""

from __future__ import annotations

from flask import Flask

from app.audit import services as audit
from app.audit.values import moment
from app.bureau import cli
from app.bureau.views import BLUEPRINTS, clock
from app.core.i18n import _l
from config import PRODUCTION


def init_app(app: Flask) -> None:
    """Register the back office."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for command in cli.COMMANDS:
        app.cli.add_command(command)
    if app.config["ENV"] != PRODUCTION:
        app.register_blueprint(clock.bp)
    audit.sentence("clock.moved", _l("%(actor)s moved the test clock to %(moment)s"), name=_l("Test clock moved"))
    audit.objects("clock", audit.ObjectKind(_l("Test clock")))
    audit.fields("clock", {"moment": audit.Field(_l("Time here"), moment)})
    audit.sentence("job.retried", _l("%(actor)s had a given-up job tried again"), name=_l("Job tried again"))
    audit.objects("job", audit.ObjectKind(_l("Job")))
