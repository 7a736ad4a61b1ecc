"""Two at once: a link, a code or a recovery code lets one in (ASVS 6.5.1, 15.4.2)."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from app.accounts import totp
from app.accounts.models import AccountToken, Purpose
from app.accounts.services import factors, tokens
from app.core.db import atomic, db
from tests.factories import make_account

pytestmark = pytest.mark.committed
AT_ONCE = 6


def at_once(app: Any, action: Any) -> list[str]:
    """Let several try the same at the same moment; return how it went for each."""
    start, went = threading.Barrier(AT_ONCE), []

    def one() -> None:
        with app.app_context():
            start.wait()
            try:
                with atomic():
                    action()
                went.append("in")
            except Exception as error:  # noqa: BLE001  the outcome is what is looked at
                went.append(type(error).__name__)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one) for _number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(went)


def test_a_link_lets_one_in(committed_app):
    with atomic():
        token = tokens.ask(Purpose.RESET, email="sanne@voorbeeld.example")
        tokens.arm(token)
    went = at_once(committed_app, lambda: tokens.use(db.session.get(AccountToken, token.id)))
    assert went == ["LinkIsOver"] * (AT_ONCE - 1) + ["in"]


def test_a_code_of_the_app_lets_one_in(committed_app):
    with atomic():
        account = make_account(totp=True)
        code = totp.code(account.totp_secret)
    went = at_once(committed_app, lambda: factors.check_totp(db.session.get(type(account), account.id), code))
    assert went == ["WrongTotp"] * (AT_ONCE - 1) + ["in"]


def test_a_recovery_code_lets_one_in(committed_app):
    with atomic():
        account = make_account(totp=True)
        code = factors.new_recovery_codes(account)[0]
    went = at_once(committed_app, lambda: factors.use_recovery_code(db.session.get(type(account), account.id), code))
    assert went == ["WrongRecoveryCode"] * (AT_ONCE - 1) + ["in"]
