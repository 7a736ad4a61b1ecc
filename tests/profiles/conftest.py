from __future__ import annotations

import pytest

from tests.factories import sign_in
from tests.profiles.people import make_member


@pytest.fixture
def member(client):
    """A member, signed in."""
    return sign_in(client, make_member(given_name="Marit", family_name="Oostveen"))
