"""Payments as the treasurer sees them."""

from app.payments.bureau import bank, bills, books, dunning, open_items, refunds, tasks, today, vat
from app.payments.bureau.base import bp

__all__ = ["bank", "bills", "books", "bp", "dunning", "open_items", "refunds", "tasks", "today", "vat"]
