"""Wait for what another process does."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest


def until(true: Callable[[], object]) -> None:
    """Look a hundred times a second, for a minute."""
    limit = threading.Event()
    for _ in range(6000):
        if true():
            return
        limit.wait(0.01)
    pytest.fail("it never became true")
