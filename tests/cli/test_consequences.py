"""Plans say what a change means for people, and refuse what a cloud will refuse."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from components.resource_types import of_cloud
from mllab.clouds import consequences
from mllab.clouds.consequences import STEPS, table
from mllab.clouds.registry import CLOUDS
from mllab.engines.contract import Op, Step
from mllab.protocol.provider import Change
from tests.cli.conftest import DAY, Run
from tests.cli.scripted import MACHINE, MACHINE_TYPE, Use, step, urn, words

DATA = Path(consequences.__file__).parents[1] / "simulated"
PREVIEW = ("preview", "lab", "--simulate", *DAY)
VM = "azure-native:compute:VirtualMachine"
ML = "azure-native:machinelearningservices:Compute"
BATCH = "aws:batch/computeEnvironment:ComputeEnvironment"
VOLUME = urn("lab-notebook-ann-home", "aws:ebs/volume:Volume", "Notebook")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_row_is_of_a_type_and_a_property_that_the_cloud_has(cloud: str) -> None:
    schema = json.loads((DATA / cloud / "data" / "schema.json").read_text())
    rows = table(cloud)
    assert rows
    text = json.dumps(schema)
    for row in rows:
        assert row.step in STEPS
        assert row.source
        assert f'"{row.type}"' in text
        for part in filter(None, row.property.partition(">")[0].split(".")):
            assert f'"{part}"' in text
    keys = Counter((row.type, row.role, row.step, row.property) for row in rows)
    assert set(keys.values()) == {1}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_machine_that_is_made_anew_or_goes_has_its_words(cloud: str) -> None:
    machines = [row.type for row in of_cloud(cloud) if row.power]
    assert machines
    for type_ in machines:
        for op in ("replace", "delete"):
            assert consequences.words(type_, "notebook", op, ())


def changed(path: str, *, replaces: bool = False) -> tuple[Change, ...]:
    return (Change(path, "update", 1, 2, replaces=replaces),)


@pytest.mark.parametrize(
    ("type_", "role", "op", "path", "said"),
    [
        (MACHINE_TYPE, "notebook", "update", "instanceType", "restarts"),
        (MACHINE_TYPE, "notebook", "update", "tags.owner", ""),
        (MACHINE_TYPE, "notebook", "replace", "subnetId", "made anew (system disk lost, home"),
        (VM, "notebook", "update", "hardwareProfile.vmSize", "restarts"),
        (VM, "notebook", "update", "hardwareProfile", "restarts"),
        (VM, "notebook", "update", "tags", ""),
        (ML, "cluster", "replace", "properties.properties.vmSize", "jobs in work end"),
        (ML, "notebook", "replace", "properties", "running work ends"),
        (BATCH, "cluster", "update", "computeResources.instanceTypes[0]", "jobs in work end"),
        (BATCH, "cluster", "update", "computeResources.maxVcpus", ""),
        ("gcp:compute/instance:Instance", "notebook", "update", "machineType", "restarts"),
        ("aws:ebs/volume:Volume", "notebook", "update", "size", "file system grows at"),
        ("azure-native:compute:Disk", "notebook", "update", "diskSizeGB", "file system grows at"),
        ("gcp:compute/disk:Disk", "notebook", "update", "size", "file system grows at"),
        ("gcp:compute/disk:Disk", "notebook", "replace", "size", "put the old value back"),
        ("gcp:compute/disk:Disk", "notebook", "replace", "zone", ""),
        (
            "gcp:workbench/instance:Instance",
            "notebook",
            "update",
            "labels",
            "starts, if it is stopped",
        ),
        ("random:index/randomId:RandomId", "notebook", "replace", "x", ""),
    ],
)
def test_words_of_a_step(type_: str, role: str, op: str, path: str, said: str) -> None:
    found = consequences.words(type_, role, op, changed(path, replaces=op == "replace"))
    assert bool(found) == bool(said)
    assert said in "; ".join(found)


def test_a_plan_says_that_work_ends(run: Run, use: Use) -> None:
    size = Change("instanceType", "update", "g4dn.xlarge", "g5.xlarge")
    use(steps=(step(Op.UPDATE, MACHINE, changes=(size,)),))
    assert "restarts (running work ends)" in words(run(*PREVIEW).out)


@pytest.mark.parametrize("verb", ["preview", "up"])
@pytest.mark.parametrize("path", ["size", "tags.size"])
def test_a_smaller_disk_is_refused_before_anything_is_changed(
    run: Run, use: Use, verb: str, path: str
) -> None:
    smaller = Change(path, "update", 50, 20)
    engine = use(steps=(step(Op.UPDATE, VOLUME, changes=(smaller,)),))
    said = run(verb, *PREVIEW[1:], *(("--yes",) if verb == "up" else ()))
    refused = path == "size"
    assert said.code == (2 if refused else 0)
    assert ("lab-notebook-ann-home: size 50 -> 20: a disk cannot be made smaller" in said.err) == (
        refused
    )
    assert ("Put the old value back (50)" in said.err) == refused
    assert engine.did("up") == (verb == "up" and not refused)


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        ("100", "80", True),
        ("80", "100", False),
        (True, None, True),
        (True, False, True),
        (None, True, False),
        ("80", {"$unknown": True}, False),
    ],
)
def test_what_is_never_made_smaller_or_switched_off(
    before: object, after: object, refused: bool
) -> None:
    """Numbers are sent as text by some, and a switch is taken out."""
    purge = Change("properties.enablePurgeProtection", "update", before, after)
    vault = "azure-native:keyvault:Vault"
    assert bool(consequences.impossible(vault, "cluster", (purge,))) == refused


@pytest.mark.parametrize("size", [20, 80])
def test_a_disk_that_grows_says_when_there_is_room(run: Run, use: Use, size: int) -> None:
    """What would be refused grows nothing."""
    use(steps=(step(Op.UPDATE, VOLUME, changes=(Change("size", "update", 50, size),)),))
    said = run(*PREVIEW)
    assert said.code == (2 if size < 50 else 0)
    assert ("the file system grows at the machine's next start" in words(said.out)) == (size > 50)


def seats(op: Op, number: int, **more: object) -> tuple[Step, ...]:
    names = [f"lab-notebook-s{seat:02}" for seat in range(1, number + 1)]
    return tuple(step(op, urn(name, MACHINE_TYPE, "Notebook"), **more) for name in names)


def test_what_is_alike_in_a_long_plan_is_told_once(run: Run, use: Use) -> None:
    size = Change("instanceType", "update", "g4dn.xlarge", "g5.xlarge")
    use(steps=seats(Op.UPDATE, 100, changes=(size,)))
    said = run(*PREVIEW)
    assert "100 x lab-notebook-s01 ... lab-notebook-s100 ec2/Instance" in words(said.out)
    assert "instanceType: g4dn.xlarge -> g5.xlarge" in said.out
    assert len(said.out.splitlines()) < 15
    assert "100 to update" in said.out
    every = run(*PREVIEW, "-v")
    assert all(f"lab-notebook-s{seat:02} " in every.out for seat in range(1, 101))


def test_a_short_plan_has_a_line_for_each(run: Run, use: Use) -> None:
    use(steps=seats(Op.CREATE, 10))
    assert "lab-notebook-s05 " in run(*PREVIEW).out


def test_what_loses_data_always_has_its_own_line(run: Run, use: Use) -> None:
    use(steps=seats(Op.DELETE, 100, loses="home disk"))
    said = run(*PREVIEW)
    assert all(f"lab-notebook-s{seat:02} " in said.out for seat in range(1, 101))


@pytest.mark.parametrize(("columns", "source"), [(80, False), (109, False), (110, True)])
def test_a_narrow_screen_keeps_the_type_and_drops_the_place(
    run: Run, use: Use, monkeypatch: pytest.MonkeyPatch, columns: int, source: bool
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    use(steps=seats(Op.UPDATE, 1, reason="instanceType changed"))
    text = words(run(*PREVIEW).out)
    assert "ec2/Instance instanceType changed" in text
    assert ("storage.py:31" in text) == source
