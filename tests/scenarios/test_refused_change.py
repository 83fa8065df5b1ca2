"""What replaces a machine is refused: the old one stays, the state stays readable, and a second try
goes through.

AWS with Pulumi's engine lost both: it deleted the machine that a schedule in its state still stood
on, and never read that state again.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mllab.simulated.faults import How, Rule
from tests.scenarios.living_lab import CLOUDS, ENGINES, MANAGED, LivingLab

QUOTA = "ml.t3.large for notebook instance usage"
"""On AWS a new account has none of it."""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_managed_notebook_that_is_refused(
    request: pytest.FixtureRequest, tmp_path: Path, cloud: str, engine: str
) -> None:
    if engine == "pulumi":
        request.getfixturevalue("cli")
    lab = LivingLab(tmp_path / "project", cloud, engine)
    lab.set({"storage": {"keep": False}, "notebook": {"seats": ["s01"]}})
    first = lab.up()
    assert first is not None
    assert first.ok, first.failures
    old = set(_machine(lab).values())
    assert len(old) == 2, "the machine and its home"

    lab.set(MANAGED[cloud])
    if cloud != "aws":
        lab.faults = (Rule(How.CAPACITY, op="create", name="lab-notebook-s01", times=None),)
    for _ in range(2):
        refused = lab.up()
        assert refused is not None
        assert [failure.name for failure in refused.failures] == ["lab-notebook-s01"]
        assert any("nothing is deleted" in warning for warning in refused.warnings)
        assert old <= {record.id for record in lab.cloud.inventory()}
        assert old <= set(_machine(lab).values())

    lab.faults = ()
    if cloud == "aws":
        lab.cloud.grant(QUOTA, 1)
    done = lab.up()
    assert done is not None
    assert done.ok, done.failures
    assert not old & {record.id for record in lab.cloud.inventory()}
    assert lab.plan().empty
    left = lab.down()
    assert (left.things, left.unseen) == ((), None)


def _machine(lab: LivingLab) -> dict[str, str]:
    """Urn to id of the seat's machine and home."""
    names = {"lab-notebook-s01", "lab-notebook-s01-home"}
    return {
        urn: entry["id"] for urn, entry in lab.entries().items() if urn.rpartition("::")[2] in names
    }
