"""Gatherings that come back (G1): the rhythm, the preview of its dates, and one change for many of them."""
