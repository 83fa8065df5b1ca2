"""`new` for the clouds' own notebooks: defaults that are not for them stay comments."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mllab.errors import SettingsError
from mllab.settings import files
from mllab.stackfiles import prompts

NOW = datetime(2027, 1, 11, 9, tzinfo=UTC)
PLACES = {
    "aws": ("region=us-east-1",),
    "azure": ("region=eastus",),
    "gcp": ("region=us-central1", "project=my-own-project"),
}
GIVEN = (
    "lab.owner=a@example.edu",
    "lab.ends=2027-02-05",
    "budget.limit_usd=100",
    "notebook.kind=managed",
)


def written(root: Path, cloud: str, *more: str) -> Path:
    (root / "stacks").mkdir()
    given = (f"lab.cloud={cloud}", *PLACES[cloud], *GIVEN, *more)
    return prompts.write(root, "lab", given, None, NOW)


@pytest.mark.parametrize("cloud", PLACES)
def test_the_kind_alone_makes_a_lab(tmp_path: Path, cloud: str) -> None:
    path = written(tmp_path, cloud)
    assert files.load(path, now=NOW).notebook.kind == "managed"


def test_what_is_not_for_it_stays_as_a_comment(tmp_path: Path) -> None:
    lines = [line.strip() for line in written(tmp_path, "azure").read_text().splitlines()]
    for name in ("disk_gb", "home_gb"):
        assert [line for line in lines if line.startswith(f"# {name}: ... # ")]
    for given in ("idle_minutes: 60", "max_hours: 12"):
        assert [line for line in lines if line.startswith(f"{given} # ")]


def test_what_was_given_is_refused_not_dropped(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        written(tmp_path, "azure", "notebook.disk_gb=200")
    assert [fault for fault in caught.value.faults if fault.startswith("notebook.disk_gb: ")]
    assert not list((tmp_path / "stacks").iterdir())
