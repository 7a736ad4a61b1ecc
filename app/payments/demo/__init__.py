"""Payments in the demo: the books in bulk, what happens at the test bank, and statements of the bureau's own bank."""

from app.payments.demo.bills import DemoBill
from app.payments.demo.books import Books

__all__ = ["Books", "DemoBill"]
