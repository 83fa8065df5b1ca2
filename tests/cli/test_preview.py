"""`preview`: the plan, what it refuses, and its JSON."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from mllab.engines.contract import Op, Plan, Resource, Step
from mllab.protocol.provider import Change
from mllab.protocol.values import SECRET, SIGNATURE
from mllab.settings.examples import KEY as EXAMPLE_KEY
from mllab.show.graph import graph
from mllab.show.plan import grouped
from tests.cli.conftest import DAY, Run
from tests.cli.scripted import (
    BUCKET,
    BUCKET_TYPE,
    FILES,
    LAB,
    LOSING,
    MACHINE,
    NEW,
    OUTPUTS,
    Account,
    Use,
    entry,
    step,
    urn,
    words,
)


def test_preview_tells_what_why_and_where(run: Run, use: Use, account: Account) -> None:
    account.grant("L-DB2E81BA", 8)
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


@pytest.mark.parametrize("words", [("check",), ("preview", "--simulate"), ("up", "--simulate")])
def test_a_lab_that_is_over_is_refused(run: Run, use: Use, words: tuple[str, ...]) -> None:
    engine = use(steps=NEW)
    said = run(*words, "lab", "--today", "2027-02-06")
    assert said.code == 2
    assert "lab.ends" in said.err
    assert engine.calls == []
    last_day = run("check", "lab", "--today", "2027-02-05")
    assert last_day.code == 0


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


def test_preview_json_is_the_graph_alone(run: Run, use: Use) -> None:
    secret = {SIGNATURE: SECRET, "ciphertext": "v1:abc", "plaintext": "hunter2"}
    inputs = {"bucket": "b", "key": secret, "in": [{"key": secret}]}
    use(steps=LOSING, entries=[entry(BUCKET, inputs=inputs, dependencies=["x"])])
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
        "cost",
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
        "consequences",
        "uncertain",
    ]
    assert gone["op"] == "delete"
    assert gone["type"] == BUCKET_TYPE
    masked = {"$secret": True}
    assert gone["inputs"] == {"bucket": "b", "key": masked, "in": [{"key": masked}]}
    assert gone["dependencies"] == ["x"]
    assert graph["summary"] == {
        "operations": {"delete": 1},
        "empty": False,
        "loses": [{"urn": BUCKET, "name": "lab-storage-bucket", "what": "objects in the bucket"}],
        "pending": [],
        "settles": [],
        "counts_for_new": [],
        "warnings": [],
    }


def test_preview_json_has_one_order_whatever_the_run_had() -> None:
    root, above, below = (f"urn:pulumi:lab::mllab::mllab:aws:Network::{n}" for n in "zya")
    parents = {root: "", above: root, below: above}
    made = [
        Resource(
            urn,
            "mllab:aws:Network",
            urn[-1:],
            custom=False,
            parent=parent,
            inputs={},
            dependencies=(above, root),
        )
        for urn, parent in parents.items()
    ]
    seen = []
    for order in itertools.permutations(made):
        told = tuple(one.urn for one in order)
        steps = tuple(step(Op.DELETE, urn, loses="x") for urn in told)
        tied = {urn: told for urn in told}
        resources = [replace(one, property_dependencies=tied) for one in order]
        for plan in (
            Plan("lab", "embedded", steps, tuple(resources), pending=told, warnings=told),
            Plan("lab", "embedded", steps, pending=told, warnings=told),
        ):
            recorded = [entry(urn, parent=parent) for urn, parent in parents.items()]
            state = {"version": 3, "deployment": {"resources": recorded}}
            seen.append(json.dumps(graph(plan, "aws", state)))
    assert len(set(seen)) == 2
    for one in set(seen):
        assert [each["urn"] for each in json.loads(one)["resources"]] == [root, above, below]


def test_a_plan_lists_what_is_in_the_cloud_and_no_component() -> None:
    bucket = step(Op.CREATE, BUCKET)
    assert grouped([replace(bucket, custom=False), bucket]) == {"storage": [bucket]}


def test_a_plan_is_told_in_one_order_whatever_came_first() -> None:
    role = urn("lab-watch", "aws:iam/role:Role", "Notebook")
    call = urn("lab-watch", "aws:lambda/function:Function", "Notebook")
    steps = [step(Op.CREATE, one) for one in (MACHINE, role, call, FILES, BUCKET)]
    told = {
        tuple((name, tuple(one.urn for one in same)) for name, same in grouped(order).items())
        for order in itertools.permutations(steps)
    }
    assert told == {(("storage", (BUCKET, FILES)), ("notebook", (MACHINE, role, call)))}


AZURE = f"""\
config:
  azure-native:location: eastus
  mllab:lab: {{cloud: azure, owner: a@example.edu, ends: "2027-02-05"}}
  mllab:azure: {{ssh_keys: ["{EXAMPLE_KEY}"]}}
  mllab:budget: {{limit_usd: 100}}
"""
VM = urn("lab-notebook-ann", "azure-native:compute:VirtualMachine", "Notebook")


def _disk(size: int) -> tuple[Step, ...]:
    changed = Change("storageProfile.osDisk.diskSizeGB", "update", 100, size)
    return (step(Op.UPDATE, VM, changes=(changed,)),)


@pytest.mark.parametrize(
    ("lab", "steps", "code", "said"),
    [
        (AZURE, _disk(80), 2, "a disk cannot be made smaller"),
        (AZURE, _disk(150), 2, "az vm deallocate --ids /ann"),
        (LAB, (step(Op.REPLACE, MACHINE),), 1, "4 vCPUs needed at the same time, 0 granted"),
        (LAB, LOSING, 0, "--delete-data lab-storage-bucket"),
    ],
    ids=["smaller", "runs", "quota", "data"],
)
def test_preview_says_what_up_refuses_in_the_same_words(
    run: Run,
    use: Use,
    project: Path,
    account: Account,
    lab: str,
    steps: tuple[Step, ...],
    code: int,
    said: str,
) -> None:
    """Data that may go is named to `up` when this was read, so it alone is no failure here."""
    (project / "stacks" / "Pulumi.lab.yaml").write_text(lab)
    engine = use(steps=steps, entries=[entry(steps[0].urn, id="/ann")])
    account.records = [SimpleNamespace(id="/ann", hidden={"state": "running"})]
    refused = run("up", "lab", "--simulate", "--yes", *DAY)
    assert refused.code == (code or 1)
    assert not engine.did("up")
    why = refused.err.partition("error: ")[2]
    assert said in words(why)
    seen = run("preview", "lab", "--simulate", *DAY)
    assert seen.code == code
    assert words(why) in words(seen.err)
    assert "Plan: 1 to" in seen.out
    document = run("preview", "lab", "--simulate", "--json", *DAY)
    assert document.code == code
    assert document.err == seen.err
    assert bool(document.out) == (code == 0)


def test_preview_says_what_the_account_does_not_tell(run: Run, use: Use, project: Path) -> None:
    (project / "stacks" / "Pulumi.lab.yaml").write_text(AZURE)
    use(steps=_disk(150), entries=[entry(VM, id="/ann")])
    said = run("preview", "lab", "--simulate", *DAY)
    assert said.code == 0
    assert "not checked: whether lab-notebook-ann runs" in words(said.err)


@pytest.mark.parametrize("verb", ["preview", "status"])
@pytest.mark.parametrize(("today", "early"), [("2027-01-10", True), ("2027-01-11", False)])
def test_a_first_day_that_is_still_to_come_holds_nothing_back(
    run: Run, use: Use, verb: str, today: str, early: bool
) -> None:
    use(steps=(step(Op.SAME, BUCKET),), entries=[entry(BUCKET)])
    said = run(verb, "lab", "--simulate", "--today", today)
    found = "lab.starts is 2027-01-11, and nothing in the cloud waits" in words(said.out + said.err)
    assert found == early
