"""A lab's folder, and the end of all that runs of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.config import Config

from mllab.local import marked, process
from tests.local.store import DATA, ONE, Store


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("lab")
    yield folder
    left = marked.processes(folder)
    for one in left:
        one.kill()
    psutil.wait_procs(left, timeout=10)


@pytest.fixture(scope="module")
def store(lab: Path) -> Iterator[Store]:
    one = Store(lab)
    yield one
    process.stop(one.place)


@pytest.fixture
def s3(store: Store) -> Any:
    if not process.running(store.place):
        store.start()
    client = store.client(config=Config(retries={"total_max_attempts": 1}))
    client.put_object(**ONE, Body=DATA)
    return client
