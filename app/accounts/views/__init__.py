"""The pages of accounts."""

from app.accounts.views import account, mail_choices, second_factor, sign_in, sign_up
from app.accounts.views.blueprint import bp

__all__ = ["account", "bp", "mail_choices", "second_factor", "sign_in", "sign_up"]
