"""A lab's whole life by commands, on the real embedded engine and the real simulated account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mllab.simulated.aws.cloud import SimulatedAws
from tests.cli.conftest import Run
from tests.cli.scripted import make_project

DAY = ("--today", "2027-01-11")
LAB = ("lab", "--simulate")
BUCKET = "aws:s3/bucket:Bucket"


@pytest.fixture
def project(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    text = (root / "stacks" / "Pulumi.aws-course.yaml").read_text()
    folder = make_project(tmp_path / "project", {"lab": text, "other": text})
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MLLAB_HOME", str(tmp_path / "home"))
    return folder


@pytest.fixture
def cloud(project: Path, tmp_path: Path) -> Iterator[SimulatedAws]:
    """The account, seen from outside."""
    account = SimulatedAws(tmp_path / "home" / "simulated" / "aws.db")
    yield account
    account.database.close()


def found(cloud: SimulatedAws, type_: str) -> str:
    """The id of the first thing of a type."""
    return next(record.id for record in cloud.inventory() if record.type == type_)


def test_a_life(run: Run, cloud: SimulatedAws, project: Path) -> None:
    refused = run("up", *LAB, "--yes", *DAY)
    assert refused.code == 3
    assert "--quota-code L-DB2E81BA --desired-value 4" in refused.err
    assert "mllab up lab --simulate --grant L-DB2E81BA=4" in refused.err

    created = run("up", *LAB, "--yes", "--grant", "L-DB2E81BA=4", *DAY)
    assert created.code == 0, created.err
    assert "aws ssm start-session --region us-east-1" in created.out
    assert "aws batch submit-job" in created.out

    again = run("up", *LAB, "--yes", *DAY)
    assert again.code == 0
    assert "nothing to do" in again.out
    assert "simulated, 69 resources" in run("list").out

    fine = json.loads(run("status", *LAB, "--json").out)
    assert fine["summary"] == {"running": 1}
    outputs = json.loads(run("outputs", *LAB, "--json").out)
    assert set(outputs) == {
        "network",
        "storage",
        "registry",
        "notebook",
        "cluster",
        "budget",
        "lab",
    }

    machine = outputs["notebook"]["seats"]["shared"]["id"]
    cloud.stop(machine)
    schedule = "aws:scheduler/schedule:Schedule"
    cloud.remove(schedule, found(cloud, schedule))
    drifted = json.loads(run("status", *LAB, "--json").out)
    assert drifted["summary"] == {"stopped": 1, "missing": 1}

    cloud.put_object(found(cloud, BUCKET), "data.bin", 1000)
    kept = run("down", *LAB, "--yes")
    assert kept.code == 1
    names = ["lab-storage-bucket", "lab-notebook-shared-home"]
    assert all(f"--delete-data {name}" in kept.err for name in names)
    assert cloud.inventory()

    named = [word for name in names for word in ("--delete-data", name)]
    gone = run("down", *LAB, "--yes", *named)
    assert gone.code == 0, gone.err
    assert cloud.inventory() == []
    assert "Nothing of lab exists" in run("down", *LAB, "--yes").out


def test_a_setting_that_takes_data_away_needs_its_name(
    run: Run, cloud: SimulatedAws, project: Path
) -> None:
    grant = ("--grant", "L-DB2E81BA=8")
    assert run("up", *LAB, "--yes", *grant, *DAY).code == 0
    files = "aws:efs/fileSystem:FileSystem"
    cloud.write_files(found(cloud, files), 5_000_000)
    path = project / "stacks" / "Pulumi.lab.yaml"
    path.write_text(path.read_text().replace("files: true", "files: false"))

    plan = run("preview", *LAB, *DAY)
    assert "loses data: files" in " ".join(plan.out.split())
    refused = run("up", *LAB, "--yes", *DAY)
    assert refused.code == 1
    assert "--delete-data lab-storage-files" in refused.err
    assert files in {record.type for record in cloud.inventory()}

    done = run("up", *LAB, "--yes", "--delete-data", "lab-storage-files", *DAY)
    assert done.code == 0, done.err
    assert files not in {record.type for record in cloud.inventory()}
    assert BUCKET in {record.type for record in cloud.inventory()}


def test_a_broken_file_hinders_neither_a_look_nor_a_removal(
    run: Run, cloud: SimulatedAws, project: Path
) -> None:
    assert run("up", *LAB, "--yes", "--grant", "L-DB2E81BA=4", *DAY).code == 0
    path = project / "stacks" / "Pulumi.lab.yaml"
    path.write_text("config: {")
    seen = run("status", *LAB, "--json")
    assert json.loads(seen.out)["summary"] == {"running": 1}
    assert "note: the settings cannot be used" in seen.err
    assert run("up", *LAB, "--yes", *DAY).code == 2
    path.unlink()
    refused = run("down", *LAB, "--yes")
    assert refused.code == 1
    assert "--delete-data lab-notebook-shared-home" in refused.err
    gone = run("down", *LAB, "--yes", "--delete-data=lab-notebook-shared-home")
    assert gone.code == 0, gone.err
    assert cloud.inventory() == []


def test_two_labs_in_one_account_do_not_touch_each_other(run: Run, cloud: SimulatedAws) -> None:
    assert run("up", *LAB, "--yes", "--grant", "L-DB2E81BA=4", *DAY).code == 0
    full = run("up", "other", "--simulate", "--yes", *DAY)
    assert full.code == 3
    assert "--desired-value 8" in full.err, "what it needs, and what runs already"
    assert "--grant L-DB2E81BA=8" in full.err
    up = run("up", "other", "--simulate", "--yes", "--grant", "L-DB2E81BA=8", *DAY)
    assert up.code == 0, up.err
    home = "--delete-data=lab-notebook-shared-home"
    assert run("down", *LAB, "--yes", home).code == 0
    rest = cloud.inventory()
    assert rest
    assert not [record for record in rest if ":lab::" in record.urn]
    assert json.loads(run("status", "other", "--simulate", "--json").out)["summary"] == {
        "running": 1
    }


@pytest.mark.parametrize("number", [1, 20, 45])
def test_ctrl_c_in_the_middle_of_up_and_the_next_run(
    run: Run, cloud: SimulatedAws, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """The worst moment: the resource exists already, and nobody has heard of it yet."""
    real = SimulatedAws.create
    made: list[str] = []

    def create(self: SimulatedAws, call: Any, inputs: Any) -> Any:
        found = real(self, call, inputs)
        if not call.preview:
            made.append(call.name)
            if len(made) == number:
                raise KeyboardInterrupt
        return found

    with monkeypatch.context() as patch:
        patch.setattr(SimulatedAws, "create", create)
        stopped = run("up", *LAB, "--yes", "--grant", "L-DB2E81BA=4", *DAY)
    assert stopped.code == 130
    assert "mllab up lab --simulate" in stopped.err
    seen = json.loads(run("status", *LAB, "--json").out)
    assert seen["summary"]["not recorded"] == 1
    existing = [one for one in seen["resources"] if one["state"] != "not created"]
    assert len(existing) == number

    again = run("up", *LAB, "--yes", *DAY)
    assert again.code == 0, again.err
    assert f"note: {made[-1]} was found as " in again.err
    assert "nothing to do" in run("preview", *LAB, *DAY).out
    declared = [record.urn for record in cloud.inventory() if record.urn]
    assert len(declared) == len(set(declared)) == 69

    home = "--delete-data=lab-notebook-shared-home"
    assert run("down", *LAB, "--yes", home).code == 0
    assert cloud.inventory() == []


def test_what_an_interrupted_run_made_goes_with_down(
    run: Run, cloud: SimulatedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = SimulatedAws.create

    def create(self: SimulatedAws, call: Any, inputs: Any) -> Any:
        found = real(self, call, inputs)
        if not call.preview:
            raise KeyboardInterrupt
        return found

    with monkeypatch.context() as patch:
        patch.setattr(SimulatedAws, "create", create)
        assert run("up", *LAB, "--yes", *DAY).code == 130
    assert cloud.inventory()
    assert "simulated, 1 resource" in run("list").out
    gone = run("down", *LAB, "--yes")
    assert gone.code == 0, gone.err
    assert "1 resource to delete" in gone.out
    assert cloud.inventory() == []


def test_ctrl_c_in_the_middle_of_down_and_the_next_run(
    run: Run, cloud: SimulatedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("up", *LAB, "--yes", "--grant", "L-DB2E81BA=4", *DAY).code == 0
    real = SimulatedAws.delete
    gone: list[str] = []

    def delete(self: SimulatedAws, call: Any, id: str, outputs: Any) -> float:
        seconds = real(self, call, id, outputs)
        gone.append(call.name)
        if len(gone) == 20:
            raise KeyboardInterrupt
        return seconds

    home = "--delete-data=lab-notebook-shared-home"
    with monkeypatch.context() as patch:
        patch.setattr(SimulatedAws, "delete", delete)
        stopped = run("down", *LAB, "--yes", home)
    assert stopped.code == 130
    assert cloud.inventory()
    again = run("down", *LAB, "--yes")
    if again.code == 1:  # the home disk was not among the first twenty
        again = run("down", *LAB, "--yes", home)
    assert again.code == 0, again.err
    assert cloud.inventory() == []


def test_committed_files_stay_as_they_are(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    watched = [root / "Pulumi.yaml", *sorted((root / "stacks").iterdir())]
    before = [path.read_bytes() for path in watched]
    assert run("check", "aws-tiny", *DAY).code == 0
    assert run("preview", "aws-tiny", "--simulate", *DAY).code == 0
    assert run("up", "aws-tiny", "--simulate", "--yes", *DAY).code == 0
    assert run("rehearse", "aws-tiny").code == 0
    assert [path.read_bytes() for path in watched] == before
    assert sorted((root / "stacks").iterdir()) == watched[1:]
