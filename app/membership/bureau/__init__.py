"""Membership as the bureau sees it."""

from app.membership.bureau import applications, discounts, judging, members, plans, waivers

__all__ = ["applications", "discounts", "judging", "members", "plans", "waivers"]
