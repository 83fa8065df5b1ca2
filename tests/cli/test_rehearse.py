"""`rehearse`: every committed lab lives through its life, and every act can fail."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mllab.engines.contract import Op, Outcome
from mllab.engines.embedded.engine import EmbeddedEngine
from mllab.lifecycle import rehearsal, teardown
from mllab.lifecycle.acts import Act
from mllab.settings import files
from mllab.simulated.aws.cloud import SimulatedAws
from tests.cli.conftest import Run
from tests.cli.scripted import make_project

STACKS = ("aws-course", "aws-lab", "aws-tiny")
Break = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture
def project(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    labs = {name: (root / "stacks" / f"Pulumi.{name}.yaml").read_text() for name in STACKS}
    labs["managed"] = managed(labs["aws-course"])
    folder = make_project(tmp_path / "project", labs)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


def managed(course: str) -> str:
    """The same file with managed notebooks, which have a system disk of their own."""
    lines = course.splitlines(keepends=True)
    kept = [line for line in lines if not line.lstrip().startswith("disk_gb:")]
    assert len(kept) == len(lines) - 1
    return "".join(kept).replace("kind: vm ", "kind: managed ")


@pytest.mark.parametrize("stack", [*STACKS, "managed"])
def test_every_committed_lab_lives_through_its_life(run: Run, stack: str, tmp_path: Path) -> None:
    said = run("rehearse", stack, "--json")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert told["ok"] is True
    assert told["notPlayed"] == []
    titles = [act["title"] for act in told["acts"]]
    assert titles[:2] == ["check", "preview"]
    assert titles[-1] == "a scan of the account"
    assert told["acts"][-1]["seen"] == "0 resources in the account, 0 recorded"
    assert len(told["resources"]) > 30
    assert not list(tmp_path.glob("mllab-*")), "the folder of the account is left behind"


def test_the_report_shows_both_outcomes_and_the_commands(run: Run) -> None:
    said = run("rehearse", "aws-course", "-v")
    assert said.code == 0, said.err
    text = " ".join(said.out.split())
    assert "VcpuLimitExceeded" in text
    asked = "--region us-east-1 --service-code ec2 --quota-code L-DB2E81BA --desired-value 4"
    assert asked in text
    assert "up, with L-DB2E81BA raised to 4: ok" in text
    assert "aws ssm start-session --region us-east-1 --target i-" in text
    assert "aws batch submit-job --region us-east-1" in text
    assert re.search(r"11 of 11 acts as expected; .* simulated, \d+\.\d s wall\.", text)


def test_the_demo_is_no_longer_than_a_page(
    run: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is played here: the acts are as many, and each is told, as if all went well."""

    def played(self: rehearsal.Rehearsal) -> list[Act]:
        return [Act(title, "-", "-", True, 599.0, 59.9) for title in self.titles()]

    monkeypatch.setattr(rehearsal.Rehearsal, "play", played)
    make = (root / "Makefile").read_text()
    stacks = re.findall(r"^STACKS \?= (.*)$", make, re.MULTILINE)[0].split()
    labs = {name: (root / "stacks" / f"Pulumi.{name}.yaml").read_text() for name in stacks}
    monkeypatch.chdir(make_project(tmp_path / "demo", labs))
    lines = [line for stack in stacks for line in run("rehearse", stack).out.splitlines()]
    assert stacks[0] == "local-course"
    assert len(stacks) == 4
    assert sum(line.endswith(" wall)") for line in lines) >= 40
    assert len(lines) + 6 < 72  # with what the Makefile says after them


def test_a_lab_with_managed_notebooks_shows_what_is_its_own(run: Run) -> None:
    said = run("rehearse", "managed", "-v")
    assert said.code == 0, said.err
    text = " ".join(said.out.split())
    assert "up, with ml.g4dn.xlarge for notebook instance usage raised to 1: ok" in text
    assert "ResourceLimitExceeded" in text
    assert "seen 1 power unknown; nothing to do" in text
    assert "managed-notebook-managed-watch is missing" in text
    assert "managed-notebook-shared: home disk: 50 GB disk, in use since 2027-01-11" in text
    assert "aws sagemaker create-presigned-notebook-instance-url --region us-east-1" in text
    assert "11 of 11 acts as expected" in text


def test_two_rehearsals_tell_the_same(run: Run) -> None:
    first, second = (run("rehearse", "aws-tiny", "-v").out for _ in range(2))
    wall = re.compile(r"\d+\.\d s wall")
    assert wall.sub("", first) == wall.sub("", second)


def test_it_begins_on_the_first_day_of_the_lab_or_on_the_given_one(run: Run) -> None:
    assert "from 2027-01-11." in run("rehearse", "aws-course", "-v").out
    assert "from 2027-01-20." in run("rehearse", "aws-course", "--today", "2027-01-20").out
    over = run("rehearse", "aws-course", "--today", "2027-02-06")
    assert over.code == 2
    assert "lab.ends" in over.err


def test_the_folder_is_kept_when_asked_for(run: Run, tmp_path: Path) -> None:
    said = run("rehearse", "aws-tiny", "--keep")
    [folder] = tmp_path.glob("mllab-aws-tiny-*")
    assert f"Kept: {folder}" in said.err
    assert (folder / "simulated" / "aws.db").exists()


def test_wrong_settings_end_it_before_it_begins(run: Run, project: Path) -> None:
    path = project / "stacks" / "Pulumi.aws-tiny.yaml"
    path.write_text(path.read_text().replace("cpu-small", "cpu-tiny"))
    said = run("rehearse", "aws-tiny", "-v")
    assert said.code == 2
    assert "notebook.size" in said.err
    assert said.out == ""


def check_fails(patch: pytest.MonkeyPatch) -> None:
    load = files.load
    calls: list[int] = []

    def third_time_wrong(path: Path, **more: Any) -> Any:
        calls.append(1)
        if len(calls) > 2:
            raise rehearsal.LabError("wrong by now")
        return load(path, **more)

    patch.setattr(files, "load", third_time_wrong)


def preview_sees_an_update(patch: pytest.MonkeyPatch) -> None:
    real = EmbeddedEngine.preview

    def preview(self: EmbeddedEngine, *words: Any, **more: Any) -> Any:
        plan = real(self, *words, **more)
        head, *tail = plan.steps
        return replace(plan, steps=(*tail, replace(head, op=Op.UPDATE, custom=True)))

    patch.setattr(EmbeddedEngine, "preview", preview)


def quota_is_never_refused(patch: pytest.MonkeyPatch) -> None:
    real = SimulatedAws.quota
    asked: list[str] = []

    def quota(self: SimulatedAws, code: str) -> float:
        asked.append(code)
        return real(self, code) if len(asked) == 1 else 1000.0

    patch.setattr(SimulatedAws, "quota", quota)


def grant_does_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SimulatedAws, "grant", lambda self, code, value: None)


def nothing_stops(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SimulatedAws, "stop", lambda self, instance, at=None: None)


def nobody_deletes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SimulatedAws, "remove", lambda self, type, id: None)


def nobody_changes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SimulatedAws, "tamper", lambda self, type, id, path, value: None)


def refresh_forgets_what_it_saw(patch: pytest.MonkeyPatch) -> None:
    real = EmbeddedEngine.refresh

    def refresh(self: EmbeddedEngine, *words: Any, dry: bool = False) -> Outcome:
        return real(self, *words, dry=True)

    patch.setattr(EmbeddedEngine, "refresh", refresh)


def data_is_not_guarded(patch: pytest.MonkeyPatch) -> None:
    real = teardown.release

    def release(session: Any, holdings: Any, named: Any) -> Any:
        return real(session, holdings, [holding.name for holding in holdings])

    patch.setattr(teardown, "release", release)


def destroy_forgets_its_data(patch: pytest.MonkeyPatch) -> None:
    real = EmbeddedEngine.destroy

    def destroy(self: EmbeddedEngine, *words: Any, release: Any = frozenset()) -> Outcome:
        return real(self, *words)

    patch.setattr(EmbeddedEngine, "destroy", destroy)


def something_stays_in_the_account(patch: pytest.MonkeyPatch) -> None:
    real = SimulatedAws.inventory
    seen: list[Any] = []

    def inventory(self: SimulatedAws) -> list[Any]:
        found = real(self)
        seen[:] = seen or found[:1]
        return found or seen

    patch.setattr(SimulatedAws, "inventory", inventory)
    stop = SimulatedAws.stop

    def stop_and_look(self: SimulatedAws, instance: str, at: Any = None) -> None:
        stop(self, instance, at)
        self.inventory()

    patch.setattr(SimulatedAws, "stop", stop_and_look)


@pytest.mark.parametrize(
    ("breaks", "differs"),
    [
        (check_fails, "check"),
        (preview_sees_an_update, "preview"),
        (quota_is_never_refused, "up, with the quota of a new account"),
        (grant_does_nothing, "up, with L-DB2E81BA raised to 4"),
        (nothing_stops, "a notebook stops"),
        (nobody_deletes, "somebody changes things by hand"),
        (nobody_changes, "somebody changes things by hand"),
        (refresh_forgets_what_it_saw, "up"),
        (data_is_not_guarded, "down, with a file in the bucket"),
        (destroy_forgets_its_data, "down, with its data named"),
        (something_stays_in_the_account, "a scan of the account"),
    ],
)
def test_every_act_can_differ(
    run: Run, monkeypatch: pytest.MonkeyPatch, breaks: Break, differs: str
) -> None:
    breaks(monkeypatch)
    said = run("rehearse", "aws-course", "--json")
    assert said.code == 1
    told = json.loads(said.out)
    assert told["ok"] is False
    assert [act["title"] for act in told["acts"] if not act["ok"]] == [differs]
    assert told["acts"][-1]["title"] == differs
    assert len(told["acts"]) + len(told["notPlayed"]) == 11
    assert "differs from what is expected" in said.err
    assert "DIFFERS" in said.err
