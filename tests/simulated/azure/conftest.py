"""A fresh simulated subscription for each test."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulated.azure.subscription import Subscription
from tests.simulated.samples import build

Built = tuple[Subscription, dict[str, dict[str, Any]]]


@pytest.fixture
def azure() -> Subscription:
    """A subscription in memory, in westeurope, with plenty of every quota."""
    return Subscription()


@pytest.fixture
def lab() -> Built:
    """A subscription that has all samples, and what they show."""
    subscription = Subscription()
    return subscription, build(subscription)


@pytest.fixture(scope="module")
def whole() -> Built:
    """The same once per module, for tests that change nothing."""
    subscription = Subscription()
    return subscription, build(subscription)
