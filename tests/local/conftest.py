"""A lab's folder, and the end of all that runs of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mllab.local import marked


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("lab")
    yield folder
    left = marked.processes(folder)
    for one in left:
        one.kill()
    psutil.wait_procs(left, timeout=10)
