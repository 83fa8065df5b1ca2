"""A fresh simulated project for each test."""

from __future__ import annotations

import pytest

from tests.simulated.gcp.project import Project


@pytest.fixture
def project() -> Project:
    """A project in memory, in us-central1, with all APIs and plenty of every quota."""
    return Project()


@pytest.fixture
def new() -> Project:
    """A project as Google makes it: its own quotas, hardly an API enabled."""
    return Project(quotas=None, enable=False)
