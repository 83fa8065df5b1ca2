"""A stack can move to Pulumi's own engine: it takes the export and finds nothing to change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pulumi
import pytest

from mllab.engines.contract import Op
from tests.engines.bench import Bench, done, options
from tests.scenarios.pulumi_under_test import PulumiUnderTest, take_over
from tests.scenarios.toy import Group, Thing, ToyProvider

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="no pulumi CLI on PATH"),
]


def program() -> None:
    group = Group("g")
    net = Thing("net", {"size": 1, "tags": {"x": "y"}}, options(parent=group, protect=True))
    west = ToyProvider("west", {"zone": "west"})
    timeouts = pulumi.CustomTimeouts(create="1h30m")
    Thing(
        "vm",
        {"needs": [net.id], "password": pulumi.Output.secret("horse")},
        options(ignore_changes=["size"], custom_timeouts=timeouts),
    )
    Thing("far", {}, options(provider=west, additional_secret_outputs=["key"]))
    group.register_outputs({"arn": net.arn})
    pulumi.export("number", 1.5)
    pulumi.export("password", pulumi.Output.secret("horse"))


def test_pulumi_takes_the_state_and_finds_no_change(tmp_path: Path) -> None:
    bench = Bench(tmp_path, config={"toy:zone": "south"})
    assert bench.up(program).ok
    things = dict(bench.cloud.things)
    real = PulumiUnderTest(tmp_path / "real").engine(bench.engine._target, bench.cloud)
    take_over(real, bench.engine.export(clear=True))
    plan = real.preview()
    outcome = real.up()
    assert {step.op for step in plan.steps} == {Op.SAME}
    assert sorted(done(plan)) == ["same far", "same net", "same vm", "same west"]
    assert {step.op for step in outcome.steps} == {Op.SAME}
    assert bench.cloud.things == things
