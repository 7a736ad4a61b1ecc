"""The pages of visitors, applicants and members."""

from app.membership.views import application, codes, company, leaving, member, public, renewing
from app.membership.views.base import bp

__all__ = ["application", "bp", "codes", "company", "leaving", "member", "public", "renewing"]
