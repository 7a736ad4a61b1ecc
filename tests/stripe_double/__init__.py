"""A Stripe of our own over real HTTP, for tests and to see the real path in a browser without keys (`make stripe-double`).

Every request it gets and every answer it gives is held to Stripe's published contract.
"""

from tests.stripe_double.account import VERSION, NotPossible
from tests.stripe_double.api import KEY, Faults
from tests.stripe_double.double import SECRET, StripeDouble
from tests.stripe_double.server import running

__all__ = ["KEY", "SECRET", "VERSION", "Faults", "NotPossible", "StripeDouble", "running"]
