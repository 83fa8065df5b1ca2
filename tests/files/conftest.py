"""A machine to be watched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.files.watched import Watched


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    machine = Watched(tmp_path)
    yield machine
    machine.jupyter.close()
