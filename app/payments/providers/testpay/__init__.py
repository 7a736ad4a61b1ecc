"""The built-in test payment page: plays the bank where there are no Stripe keys, behind the same interface (P2).

What it knows is its own tables (`books`). The portal learns of it only as it would of any provider: by hook, and by
`fetch`, which tells `facts`; what happens at the bank is `playing`.
"""

from app.payments.providers.testpay.books import checkout, left_of, movements_of, next_charge, state_of
from app.payments.providers.testpay.playing import AFTER, Play, play, possible
from app.payments.providers.testpay.provider import TestPay

__all__ = [
    "AFTER",
    "Play",
    "TestPay",
    "checkout",
    "left_of",
    "movements_of",
    "next_charge",
    "play",
    "possible",
    "state_of",
]
