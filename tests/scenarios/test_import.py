"""Moving a stack: Pulumi's engine takes the embedded engine's state and finds nothing to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from mllab.engines.contract import Op
from tests.scenarios.embedded_under_test import EmbeddedUnderTest
from tests.scenarios.model import CASES, load
from tests.scenarios.pulumi_under_test import PulumiUnderTest, take_over
from tests.scenarios.run import play
from tests.scenarios.toy import Cloud

# Scenarios that end with a run without failures, and between them every kind of entry in a state.
MOVED = [
    "alias_type_and_change",
    "component_outputs",
    "create",
    "depends_on_component",
    "ignore_everything",
    "invokes",
    "provider_secret",
    "provider_version",
    "replaced_first_create_fails",
    "replacement_trigger",
    "secret_outputs",
    "secrets",
    "stack_outputs",
]


@pytest.mark.engine
@pytest.mark.parametrize("name", MOVED)
def test_pulumi_takes_over(name: str, cli: None, tmp_path: Path) -> None:
    embedded = EmbeddedUnderTest(tmp_path)
    target = play(load(CASES / f"{name}.yaml"), name, embedded)
    cloud = Cloud(tmp_path / f"{name}.cloud")

    engine = PulumiUnderTest(tmp_path / "pulumi").engine(target, cloud)
    take_over(engine, embedded.engine(target, cloud).export(clear=True))
    plan = engine.preview()

    assert {step.op for step in plan.steps} == {Op.SAME}
    assert [step.changes for step in plan.steps if step.changes] == []
