from __future__ import annotations

import pytest

from tests.factories import make_account, sign_in


@pytest.fixture
def coordinator(client):
    return sign_in(client, make_account(roles=("coordinator",)))


@pytest.fixture
def treasurer(client):
    return sign_in(client, make_account(roles=("treasurer",)))


@pytest.fixture
def administrator(client):
    return sign_in(client, make_account(roles=("administrator",)))
