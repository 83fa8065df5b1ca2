"""`preview` and `up`: the plan, the questions, the refusals and what comes after."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mllab.engines.contract import Change, Failure, Op, Status
from tests.cli.conftest import DAY, Run, Sit
from tests.cli.scripted import (
    BUCKET,
    BUCKET_TYPE,
    FILES,
    MACHINE,
    MACHINE_TYPE,
    OUTPUTS,
    Account,
    Use,
    entry,
    holding,
    step,
    urn,
)

NEW = (step(Op.CREATE, BUCKET), step(Op.CREATE, MACHINE, source="components/aws/notebook.py:105"))
LOSING = (step(Op.DELETE, BUCKET, loses="objects in the bucket", reason="no longer declared"),)
FAILED = Failure(
    MACHINE,
    MACHINE_TYPE,
    "lab-notebook-ann",
    Op.CREATE,
    "limit of 0 allows none",
    code="VcpuLimitExceeded",
    cure="ask for quota L-DB2E81BA",
    source="components/aws/notebook.py:105",
)


def words(text: str) -> str:
    """Text without its layout."""
    return " ".join(text.split())


def test_preview_tells_what_why_and_where(run: Run, use: Use) -> None:
    changed = Change("instanceType", "update", "g4dn.xlarge", "g5.xlarge", replaces=True)
    use(
        steps=(
            NEW[0],
            step(Op.REPLACE, MACHINE, reason="instanceType changed", changes=(changed,)),
            step(Op.SAME, FILES),
        )
    )
    said = run("preview", "lab", "--simulate", *DAY)
    assert said.code == 0
    text = words(said.out)
    assert "lab, simulated AWS us-east-1" in text
    assert "+ lab-storage-bucket s3/Bucket components/aws/storage.py:31" in text
    assert "+- lab-notebook-ann ec2/Instance instanceType changed" in text
    assert "instanceType: g4dn.xlarge -> g5.xlarge (cannot be changed in place)" in text
    assert "lab-storage-files" not in text
    assert "Plan: 1 to create, 1 to replace, 1 unchanged." in text


def test_preview_marks_in_words_what_loses_data(run: Run, use: Use) -> None:
    use(steps=LOSING)
    text = words(run("preview", "lab", "--simulate", *DAY).out)
    assert "- lab-storage-bucket s3/Bucket no longer declared" in text
    assert "loses data: objects in the bucket" in text
    assert "1 step would lose data" in text


def test_preview_changes_nothing(run: Run, use: Use) -> None:
    engine = use(steps=NEW)
    run("preview", "lab", "--simulate", *DAY)
    assert [verb for verb, _ in engine.calls] == ["preview"]


def test_preview_of_an_unchanged_lab_says_so(run: Run, use: Use) -> None:
    use(steps=(step(Op.SAME, BUCKET),))
    said = run("preview", "lab", "--simulate", *DAY)
    assert "nothing to do, 1 resource as declared" in words(said.out)


@pytest.mark.parametrize("verb", ["preview", "up", "outputs", "status", "down"])
def test_a_real_cloud_is_refused_with_what_to_do_instead(run: Run, use: Use, verb: str) -> None:
    engine = use(steps=NEW)
    said = run(verb, "lab", *DAY)
    assert said.code == 2
    assert "not wired in" in said.err
    assert f"mllab {verb} lab --simulate" in said.err
    assert " -s lab" in said.err
    assert "pulumi" in said.err
    assert engine.calls == []


@pytest.mark.parametrize("verb", ["check", "preview", "up"])
@pytest.mark.parametrize("where", [(), ("--simulate",)])
def test_a_lab_that_is_over_is_refused(
    run: Run, use: Use, verb: str, where: tuple[str, ...]
) -> None:
    engine = use(steps=NEW)
    said = run(verb, "lab", "--today", "2027-02-06", *(where if verb != "check" else ()))
    assert said.code == 2
    assert "lab.ends" in said.err
    assert engine.calls == []
    last_day = run("check", "lab", "--today", "2027-02-05")
    assert last_day.code == 0


def test_up_without_a_terminal_asks_for_yes(run: Run, use: Use) -> None:
    engine = use(steps=NEW)
    said = run("up", "lab", "--simulate", *DAY)
    assert said.code == 2
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


def test_up_refuses_to_lose_data_that_was_not_named(run: Run, use: Use) -> None:
    engine = use(steps=LOSING, held=(holding(BUCKET, "3 objects, 12 MB"),))
    said = run("up", "lab", "--simulate", "--yes", *DAY)
    assert said.code == 1
    assert "lab-storage-bucket: objects in the bucket: 3 objects, 12 MB" in said.err
    assert "mllab up lab --simulate --delete-data lab-storage-bucket" in said.err
    assert not engine.did("up")


@pytest.mark.parametrize("amount", ["3 objects, 12 MB", None, ""])
def test_up_releases_named_and_empty_holders(run: Run, use: Use, amount: str | None) -> None:
    engine = use(steps=LOSING, held=(holding(BUCKET, amount),))
    named = () if amount == "" else ("--delete-data", "lab-storage-bucket")
    assert run("up", "lab", "--simulate", "--yes", *named, *DAY).code == 0
    assert ("up", frozenset({BUCKET})) in engine.calls


def test_up_takes_data_of_unknown_amount_for_data(run: Run, use: Use) -> None:
    engine = use(steps=LOSING, held=(holding(BUCKET, None),))
    said = run("up", "lab", "--simulate", "--yes", *DAY)
    assert said.code == 1
    assert "amount unknown" in said.err
    assert not engine.did("up")


def test_up_names_only_what_is_missing_and_repeats_what_was_named(run: Run, use: Use) -> None:
    steps = (*LOSING, step(Op.DELETE, FILES, loses="files"))
    use(steps=steps, held=(holding(BUCKET, "1 object"), holding(FILES, "4 GB", "files")))
    said = run("up", "lab", "--simulate", "--yes", "--delete-data", "lab-storage-bucket", *DAY)
    assert said.code == 1
    assert "lab-storage-files: files: 4 GB" in said.err
    assert "lab-storage-bucket: objects" not in said.err
    assert "--delete-data lab-storage-bucket --delete-data lab-storage-files" in said.err


def test_a_name_that_holds_no_data_is_a_mistake(run: Run, use: Use) -> None:
    engine = use(steps=LOSING, held=(holding(BUCKET, "1 object"),))
    said = run("up", "lab", "--simulate", "--yes", "--delete-data", "lab-bucket", *DAY)
    assert said.code == 2
    assert "lab-bucket" in said.err
    assert "lab-storage-bucket" in said.err
    assert not engine.did("up")


def test_data_that_the_settings_do_not_keep_may_go(run: Run, use: Use, project: Path) -> None:
    path = project / "stacks" / "Pulumi.lab.yaml"
    path.write_text(path.read_text().replace("keep: true", "keep: false"))
    engine = use(steps=LOSING, held=(holding(BUCKET, "1 object"),))
    assert run("up", "lab", "--simulate", "--yes", *DAY).code == 0
    assert engine.did("up")


@pytest.mark.parametrize(
    "kept", [{"protect": True}, {"inputs": {"forceDestroy": False}}], ids=["protect", "bucket"]
)
def test_keep_switched_off_in_the_file_alone_does_not_open_the_door(
    run: Run, use: Use, project: Path, kept: dict[str, object]
) -> None:
    path = project / "stacks" / "Pulumi.lab.yaml"
    path.write_text(path.read_text().replace("keep: true", "keep: false"))
    engine = use(steps=LOSING, held=(holding(BUCKET, "1 object"),), entries=[entry(BUCKET, **kept)])
    assert run("up", "lab", "--simulate", "--yes", *DAY).code == 1
    assert not engine.did("up")


@pytest.mark.parametrize(("key", "old"), [("region", "eu-west-1"), ("name", "other")])
@pytest.mark.parametrize("verb", ["preview", "up"])
def test_settings_of_another_lab_are_refused_by_name(
    run: Run, use: Use, verb: str, key: str, old: str
) -> None:
    exported = {**OUTPUTS, "lab": {**OUTPUTS["lab"], key: old}}
    engine = use(steps=NEW, exported=exported, entries=[entry(BUCKET)])
    yes = ("--yes",) if verb == "up" else ()
    said = run(verb, "lab", "--simulate", *yes, *DAY)
    assert said.code == 2
    assert f"{key}: {old} -> " in said.err
    assert "mllab new" in said.err
    assert engine.calls == []


def test_a_failure_names_resource_cause_place_and_cure(run: Run, use: Use) -> None:
    use(steps=NEW, failures=(FAILED,))
    said = run("up", "lab", "--simulate", "--yes", *DAY)
    assert said.code == 1
    text = words(said.err)
    assert "creating lab-notebook-ann (ec2/Instance): VcpuLimitExceeded: limit of 0" in text
    assert "declared in components/aws/notebook.py:105" in text
    assert "cure: ask for quota L-DB2E81BA" in text
    assert "mllab up lab --simulate --grant L-DB2E81BA=4" in text
    assert "1 created, 1 failed" in text
    assert "start-session" not in said.out


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


def test_preview_json_is_the_graph_alone(run: Run, use: Use) -> None:
    use(steps=LOSING, entries=[entry(BUCKET, inputs={"bucket": "b"}, dependencies=["x"])])
    said = run("preview", "lab", "--simulate", "--json", *DAY)
    graph = json.loads(said.out)
    assert list(graph) == [
        "version",
        "stack",
        "cloud",
        "engine",
        "resources",
        "outputs",
        "summary",
    ]
    [gone] = graph["resources"]
    assert list(gone) == [
        "urn",
        "type",
        "name",
        "custom",
        "parent",
        "inputs",
        "dependencies",
        "property_dependencies",
        "provider",
        "options",
        "source",
        "op",
        "changes",
    ]
    assert gone["op"] == "delete"
    assert gone["type"] == BUCKET_TYPE
    assert gone["inputs"] == {"bucket": "b"}
    assert gone["dependencies"] == ["x"]
    assert graph["summary"] == {
        "operations": {"delete": 1},
        "empty": False,
        "loses": [{"urn": BUCKET, "name": "lab-storage-bucket", "what": "objects in the bucket"}],
        "pending": [],
        "warnings": [],
    }


def test_up_json_tells_steps_failures_and_outputs(run: Run, use: Use) -> None:
    use(steps=NEW, failures=(FAILED,), exported=OUTPUTS, entries=[entry(BUCKET)])
    said = run("up", "lab", "--simulate", "--yes", "--json", *DAY)
    assert said.code == 1
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
