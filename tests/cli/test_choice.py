"""Which cloud and which engine a command works with, and what does not go together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mllab.accounts.contract import UnknownAccount
from mllab.clock import Clock
from mllab.session import opening
from mllab.session.local_state import simulated_home, state_file
from mllab.session.realm import RealRealm
from mllab.session.session import Session
from mllab.settings.lab import Lab
from tests.cli.conftest import DAY, Run
from tests.cli.scripted import NEW, Scripted, Use

VERBS = ["preview", "up", "outputs", "status", "down"]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any Pulumi CLI; returns `$MLLAB_HOME`."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setenv("MLLAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.parametrize("verb", VERBS)
def test_a_real_cloud_without_the_cli_says_how_to_get_it(run: Run, bare: Path, verb: str) -> None:
    said = run(verb, "lab", *(["--yes"] if verb in ("up", "down") else []))
    assert said.code == 1
    assert "there is no Pulumi CLI" in said.err
    assert "mllab setup" in said.err
    assert not bare.exists(), "nothing was made"


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--engine", "embedded"), "simulated clouds only"),
        (("--engine", "terraform"), "no such engine"),
        (DAY, "a real one has its own clock"),
    ],
)
def test_what_only_simulated_clouds_have_is_refused_for_real_ones(
    run: Run, bare: Path, verb: str, words: tuple[str, ...], told: str
) -> None:
    said = run(verb, "lab", *words)
    assert said.code == 2
    assert told in said.err


@pytest.mark.parametrize("verb", ["outputs", "status", "down", "export", "connect"])
@pytest.mark.parametrize(
    ("engine", "flag"),
    [("embedded", "Add --simulate"), ("pulumi", "Add --simulate --engine pulumi")],
)
def test_a_lab_that_is_simulated_only_is_not_looked_for_in_a_real_cloud(
    run: Run, bare: Path, verb: str, engine: str, flag: str
) -> None:
    record(bare, engine)
    said = run(verb, "lab")
    assert said.code == 2
    assert "lab exists on the simulated cloud only; nothing was contacted" in said.err
    assert flag in said.err.splitlines()
    assert "Pulumi CLI" not in said.err


@pytest.mark.parametrize("verb", ["preview", "up"])
def test_a_simulated_lab_may_be_made_for_real_and_the_flag_is_named(
    run: Run, bare: Path, verb: str
) -> None:
    record(bare, "embedded")
    said = run(verb, "lab", *(["--yes"] if verb == "up" else []))
    assert said.code == 1
    assert "there is no Pulumi CLI" in said.err
    assert "lab exists on the simulated cloud: for that one add --simulate" in said.err


def test_a_lab_that_is_in_both_clouds_is_looked_for_in_the_real_one(
    run: Run, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(bare, "pulumi")
    monkeypatch.setenv("PULUMI_BACKEND_URL", (simulated_home(bare) / "backend").as_uri())
    assert "there is no Pulumi CLI" in run("status", "lab").err
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://states")
    assert "there is no Pulumi CLI" in run("status", "lab").err, "nobody knows what is there"


def record(home: Path, engine: str) -> None:
    """Let an engine have made something of `lab`."""
    bucket = {"urn": "urn:pulumi:lab::mllab::aws:s3/bucket:Bucket::b", "custom": True}
    latest = {"resources": [{**bucket, "type": "aws:s3/bucket:Bucket"}]}
    if engine == "embedded":
        path, text = state_file(home, "lab"), {"version": 3, "deployment": latest}
    else:
        folder = simulated_home(home) / "backend" / ".pulumi" / "stacks" / "mllab"
        path, text = folder / "lab.json", {"version": 3, "checkpoint": {"latest": latest}}
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(text))


@pytest.mark.parametrize("verb", VERBS)
def test_a_lab_that_pulumi_recorded_is_not_made_again_by_the_other_engine(
    run: Run, use: Use, bare: Path, verb: str
) -> None:
    record(bare, "pulumi")
    engine = use(steps=NEW)
    said = run(verb, "lab", "--simulate", *DAY)
    assert said.code == 2
    assert "recorded by the pulumi engine" in said.err
    assert "mllab down lab --simulate --engine pulumi" in said.err
    assert engine.calls == []


def test_list_tells_which_engine_has_recorded_a_lab(run: Run, bare: Path) -> None:
    record(bare, "pulumi")
    assert "simulated by pulumi, 1 resource" in run("list").out


def test_list_tells_what_is_recorded_in_a_real_cloud(
    run: Run, bare: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record(bare, "pulumi")
    monkeypatch.setenv("PULUMI_BACKEND_URL", (simulated_home(bare) / "backend").as_uri())
    assert "in AWS, 1 resource; simulated by pulumi" in run("list").out


@pytest.mark.parametrize("how", ["gone", "broken"])
def test_list_does_not_hide_what_exists_behind_a_bad_file(
    run: Run, bare: Path, project: Path, how: str
) -> None:
    record(bare, "pulumi")
    file = project / "stacks" / "Pulumi.lab.yaml"
    file.unlink() if how == "gone" else file.write_text("config: 1\n")
    said = run("list")
    assert said.code == 0
    assert "simulated by pulumi, 1 resource" in said.out
    assert "1 fault" in said.out
    (row,) = json.loads(run("list", "--json").out)["stacks"]
    assert (row["stack"], row["state"]) == ("lab", "simulated by pulumi, 1 resource")


def test_list_does_not_take_a_backend_elsewhere_for_empty(
    run: Run, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(bare, "pulumi")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://states")
    (row,) = json.loads(run("list", "--json").out)["stacks"]
    assert row["state"] == "in AWS: ask s3://states; simulated by pulumi, 1 resource"


@pytest.fixture
def real(use: Use, monkeypatch: pytest.MonkeyPatch) -> Scripted:
    """A real cloud behind the next commands, with an engine that would create things."""
    engine = use(steps=NEW)

    def opened(root: Path, stack: str, lab: Lab, *_: object, **__: object) -> Session:
        realm = RealRealm(UnknownAccount("aws"), lambda _: "")
        return Session(root, stack, lab, engine, Clock(), realm)

    monkeypatch.setattr(opening, "on_real_cloud", opened)
    return engine


def test_a_quota_is_granted_by_command_in_simulated_clouds_only(
    run: Run, bare: Path, real: Scripted
) -> None:
    said = run("up", "lab", "--yes", "--grant", "L-DB2E81BA=4")
    assert said.code == 2
    assert "only simulated clouds grant" in said.err
    assert real.calls == []


def test_no_real_lab_is_made_of_examples(
    run: Run, bare: Path, real: Scripted, root: Path, project: Path
) -> None:
    text = (root / "stacks" / "Pulumi.gcp-tiny.yaml").read_text()
    (project / "stacks" / "Pulumi.there.yaml").write_text(text)
    said = run("up", "there", "--yes")
    assert said.code == 2
    assert "gcp:project, gcp.billing_account" in said.err
    assert "stacks/Pulumi.there.yaml" in said.err
    assert real.calls == []
    assert "example" not in run("up", "there", "--simulate", "--yes", *DAY).err
