"""A fresh simulated account for each test."""

from __future__ import annotations

import pytest

from tests.simulated.account import Account


@pytest.fixture
def account() -> Account:
    """An account in memory, in us-east-1, with plenty of every quota."""
    return Account()
