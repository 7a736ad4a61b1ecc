"""Introducés (G9): who somebody with a seat brings along, on a seat and with a ticket of their own."""
