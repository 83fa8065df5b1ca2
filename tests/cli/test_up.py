"""`up`: the questions, the progress, the failures and what comes after."""

from __future__ import annotations

import json

import pytest

from mllab.engines.contract import Failure, Op, Status
from mllab.protocol.provider import Change
from tests.cli.conftest import DAY, Run, Sit
from tests.cli.scripted import (
    BUCKET,
    BUCKET_TYPE,
    FAILED,
    FILES,
    NEW,
    OUTPUTS,
    Account,
    Use,
    entry,
    step,
    urn,
    words,
)


def test_up_without_a_terminal_asks_for_yes(run: Run, use: Use) -> None:
    engine = use(steps=NEW)
    said = run("up", "lab", "--simulate", *DAY)
    assert said.code == 2
    assert "mllab preview lab --simulate\n" in said.err
    assert "mllab up lab --simulate --yes" in said.err
    assert engine.calls == []


def test_up_shows_the_plan_then_asks_then_does_it(run: Run, use: Use, at_terminal: Sit) -> None:
    engine = use(steps=NEW, exported=OUTPUTS, entries=[entry(BUCKET)])
    asked = at_terminal(["y"])
    said = run("up", "lab", "--simulate", *DAY)
    assert said.code == 0
    assert asked == ["Do this to lab?"]
    assert ("up", frozenset()) in engine.calls
    assert said.out.index("2 to create") < said.out.index("aws ssm start-session --x")
    assert "aws batch submit-job --y" in said.out
    assert "mllab down lab --simulate" in said.out


def test_up_does_nothing_after_no(run: Run, use: Use, at_terminal: Sit) -> None:
    engine = use(steps=NEW)
    at_terminal(["n"])
    said = run("up", "lab", "--simulate", *DAY)
    assert said.code == 1
    assert "Nothing was changed." in said.err
    assert not engine.did("up")


def test_up_with_nothing_to_do_neither_asks_nor_runs(run: Run, use: Use, at_terminal: Sit) -> None:
    engine = use(steps=(step(Op.SAME, BUCKET),), entries=[entry(BUCKET)], exported=OUTPUTS)
    asked = at_terminal([])
    said = run("up", "lab", "--simulate", *DAY)
    assert said.code == 0
    assert asked == []
    assert not engine.did("up")
    assert "nothing to do" in said.out


def test_outputs_that_a_killed_run_did_not_record_are_recorded(run: Run, use: Use) -> None:
    engine = use(
        steps=(step(Op.SAME, BUCKET),),
        entries=[entry(BUCKET)],
        exported={"storage": {"name": "b"}},
        declared={"storage": {"name": "b"}, "budget": {"limit_usd": 5.0}},
    )
    said = run("up", "lab", "--simulate", "--yes", *DAY)
    assert said.code == 0
    assert engine.did("up")
    assert "recorded: budget: outputs" in said.out
    assert "storage: outputs" not in said.out


def test_a_failure_names_resource_cause_place_and_hint(run: Run, use: Use) -> None:
    use(steps=NEW, failures=(FAILED,))
    said = run("up", "lab", "--simulate", "--yes", *DAY)
    assert said.code == 1
    text = words(said.err)
    assert "creating lab-notebook-ann (ec2/Instance): VcpuLimitExceeded: limit of 0" in text
    assert "declared in components/aws/notebook.py:105" in text
    assert "hint: ask for quota L-DB2E81BA" in text
    assert "mllab up lab --simulate --grant L-DB2E81BA=4" in text
    assert "1 created, 1 failed" in text
    assert "start-session" not in said.out


def test_an_up_that_failed_and_left_things_says_so_by_its_exit_code(run: Run, use: Use) -> None:
    use(steps=NEW, failures=(FAILED,), entries=[entry(BUCKET)])
    said = run("up", "lab", "--simulate", "--yes", *DAY)
    assert said.code == 3
    assert "1 resource of lab exist and may cost money" in said.err
    assert "mllab down lab --simulate" in said.err


def test_a_quota_of_the_simulated_account_can_be_raised(
    run: Run, use: Use, account: Account
) -> None:
    use(steps=NEW, failures=(FAILED,))
    said = run("up", "lab", "--simulate", "--yes", "--grant", "L-DB2E81BA=4", *DAY)
    assert account.quotas == {"L-DB2E81BA": 4}
    assert "--grant" not in said.err


@pytest.mark.parametrize(
    "wish",
    ["L-DB2E81BA", "L-DB2E81BA=", "L-DB2E81BA=many", "L-DB2E81BA=-1", "L-DB2E81BA=nan", "X=1"],
)
def test_a_wrong_grant_raises_nothing(run: Run, use: Use, account: Account, wish: str) -> None:
    engine = use(steps=NEW)
    good = ("--grant", "L-DB2E81BA=4")
    said = run("up", "lab", "--simulate", "--yes", *good, "--grant", wish, *DAY)
    assert said.code == 2
    assert "--grant" in said.err
    assert account.quotas == {"L-DB2E81BA": 0}
    assert engine.calls == []


def test_up_looks_first_and_says_what_it_found(run: Run, use: Use) -> None:
    changed = Change("versioning", "update", True, False)
    engine = use(
        steps=(step(Op.UPDATE, BUCKET),),
        entries=[entry(BUCKET), entry(FILES)],
        seen=(step(Op.UPDATE, BUCKET, changes=(changed,)), step(Op.DELETE, FILES)),
    )
    said = run("up", "lab", "--simulate", "--yes", *DAY)
    assert said.code == 0
    assert "lab-storage-bucket was changed by hand: versioning" in said.err
    assert "lab-storage-files is gone from the cloud" in said.err
    assert [verb for verb, _ in engine.calls] == ["refresh", "preview", "up"]
    assert ("refresh", False) in engine.calls


def test_up_plans_nothing_on_what_it_could_not_see(run: Run, use: Use) -> None:
    denied = Failure(BUCKET, BUCKET_TYPE, "lab-storage-bucket", Op.REFRESH, "access denied")
    engine = use(steps=NEW, entries=[entry(BUCKET)], denied=(denied,))
    said = run("up", "lab", "--simulate", "--yes", *DAY)
    assert said.code == 1
    assert "looking at lab-storage-bucket (s3/Bucket): access denied" in words(said.err)
    assert [verb for verb, _ in engine.calls] == ["refresh"]


def test_interrupted_says_what_exists_and_how_to_go_on(run: Run, use: Use) -> None:
    use(steps=NEW, interrupt=True, entries=[entry(BUCKET), entry(FILES)])
    said = run("up", "lab", "--simulate", "--yes", *DAY)
    assert said.code == 130
    assert "2 resources of lab are recorded" in said.err
    for verb in ("up", "status", "down"):
        assert f"mllab {verb} lab --simulate" in said.err


def test_up_json_tells_steps_failures_and_outputs(run: Run, use: Use) -> None:
    use(steps=NEW, failures=(FAILED,), exported=OUTPUTS, entries=[entry(BUCKET)])
    said = run("up", "lab", "--simulate", "--yes", "--json", *DAY)
    assert said.code == 3
    told = json.loads(said.out)
    assert told["ok"] is False
    assert [(one["name"], one["status"]) for one in told["steps"]] == [
        ("lab-storage-bucket", Status.DONE),
        ("lab-notebook-ann", Status.FAILED),
    ]
    assert told["failures"][0]["code"] == "VcpuLimitExceeded"
    assert told["outputs"]["lab"]["name"] == "lab"
    assert "2 to create" in said.err


def test_progress_without_a_terminal_is_a_line_per_finished_resource(run: Run, use: Use) -> None:
    component = urn("lab-storage", "mllab:aws:Storage")
    use(steps=(step(Op.CREATE, component, custom=False), step(Op.CREATE, FILES, seconds=250)))
    said = run("up", "lab", "--simulate", "--yes", *DAY)
    lines = said.err.splitlines()
    assert "created lab-storage-files efs/FileSystem (simulated 4 min 10 s)" in lines
    assert not any(line.startswith("created lab-storage ") for line in lines)
    assert "\x1b[" not in said.err + said.out
