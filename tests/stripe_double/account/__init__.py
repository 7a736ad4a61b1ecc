"""What a Stripe account knows and what happens to it: every move changes the objects, its balance, and tells an event."""

from tests.stripe_double.account.books import DAY, VERSION, NotPossible, Object
from tests.stripe_double.account.returns import Account

__all__ = ["DAY", "VERSION", "Account", "NotPossible", "Object"]
