"""What holds for every test: no network, no account, no state outside the test's own folder."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# Fixed examples, so that a red gate is the change's and not chance's; no deadline, because a slow
# machine is no fault.
hypothesis.settings.register_profile("mllab", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("mllab")

ACCOUNTS = ("AWS_", "AZURE_", "ARM_", "GOOGLE_", "CLOUDSDK_", "PULUMI_", "MLLAB_")
FOREIGN = (*ACCOUNTS, "PYTHON")  # unbuffered output, for one, hides what others would see
LOCAL = ("127.", "::1", "localhost")


@pytest.fixture(autouse=True)
def _own_world(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> None:
    """Take the machine's accounts away and give the test a state folder of its own."""
    for name in os.environ:
        if name.startswith(FOREIGN):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MLLAB_HOME", str(tmp_path_factory.mktemp("mllab-home")))
    monkeypatch.setattr(socket.socket, "connect", _local_only)


_connect = socket.socket.connect


def _local_only(self: socket.socket, address: Any) -> None:
    """Reach this machine alone. Child processes and gRPC's own core are not held by this."""
    if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(LOCAL):
        raise PermissionError(f"a test wanted to reach {address[0]}:{address[1]}")
    _connect(self, address)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return Path(__file__).parent.parent
