"""A file that tells of another place than the one where its lab exists."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mllab.session import location
from mllab.session.simulated import simulated_account
from mllab.settings import files
from tests.cli.conftest import Run
from tests.cli.scripted import make_project

ON = ("moved", "--simulate")
DAY = ("--today", "2027-01-11")
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMgATQ4DwLEx0w1Gdo9blol/NfykyfiGlX6xSV448eMy"
REST = """\
  mllab:notebook: {size: cpu-small, disk_gb: 30}
  mllab:cluster: {size: cpu-small, max_nodes: 1}
  mllab:storage: {files: false, keep: false}
  mllab:budget: {limit_usd: 100}
"""
SWITCHED = ("serviceusage", "cloudresourcemanager")
HEAD = """\
config:
  mllab:lab: {cloud: %s, owner: a@example.edu, ends: "2027-02-05"}
"""
PLACES = {
    "aws": "  aws:region: us-east-1\n",
    "azure": f'  azure-native:location: eastus\n  mllab:azure: {{ssh_keys: ["{KEY}"]}}\n',
    "gcp": "  gcp:region: us-central1\n  gcp:project: one-project\n",
}
BY_HAND = {
    "aws": (),
    "azure": (),
    "gcp": tuple(f"--grant={name}.googleapis.com" for name in SWITCHED),
}
REGIONS = {"us-east-1": "eu-west-1", "eastus": "northeurope", "us-central1": "us-east1"}

Write = Callable[[str], None]


def settings(cloud: str) -> str:
    return HEAD % cloud + PLACES[cloud] + REST


def elsewhere(cloud: str) -> str:
    text = settings(cloud)
    for here, there in REGIONS.items():
        text = text.replace(here, there)
    return text


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    folder = make_project(tmp_path / "places", {"moved": settings("aws")})
    monkeypatch.chdir(folder)
    monkeypatch.delenv("MLLAB_HOME", raising=False)
    file = folder / "stacks" / "Pulumi.moved.yaml"
    return lambda text: file.write_text(text) and None


@pytest.mark.parametrize("cloud", PLACES)
@pytest.mark.parametrize("change", ["cloud", "region"])
def test_a_lab_is_seen_and_removed_where_it_exists(
    run: Run, write: Write, tmp_path: Path, cloud: str, change: str
) -> None:
    write(settings(cloud))
    assert run("up", *ON, *BY_HAND[cloud], "--yes", *DAY).code == 0
    other = "gcp" if cloud == "aws" else "aws"
    write(settings(other) if change == "cloud" else elsewhere(cloud))

    seen = run("status", *ON, "--json")
    assert seen.code == 0
    assert json.loads(seen.out)["resources"]
    assert "is of another lab: " in seen.err
    refused = run("preview", *ON, *DAY)
    assert refused.code == 2
    assert "now describe another lab" in refused.err
    home = "--delete-data=moved-notebook-shared-home"  # without a usable file, data is kept
    gone = run("down", *ON, "--yes", home)
    assert gone.code == 0, gone.err
    account = simulated_account(cloud, tmp_path / "places" / ".mllab" / "simulated")
    assert account.inventory() == []


def test_another_project_is_another_place(run: Run, write: Write) -> None:
    write(settings("gcp"))
    assert run("up", *ON, *BY_HAND["gcp"], "--yes", *DAY).code == 0
    write(settings("gcp").replace("one-project", "another-project"))
    for verb in ("preview", "up"):
        yes = ("--yes",) if verb == "up" else ()
        said = run(verb, *ON, *yes, *DAY)
        assert said.code == 2
        assert "gcp:project: one-project -> another-project" in said.err
    seen = run("status", *ON)
    assert "gcp:project is another-project, but it was made in one-project" in seen.err


def test_another_name_is_another_lab(run: Run, write: Write) -> None:
    write(settings("aws"))
    assert run("up", *ON, "--yes", *DAY).code == 0
    write(settings("aws").replace("{cloud: aws,", "{cloud: aws, name: renamed,"))
    said = run("preview", *ON, *DAY)
    assert said.code == 2
    assert "lab.name: moved -> renamed" in said.err


def test_a_file_of_the_same_place_counts(run: Run, write: Write) -> None:
    write(settings("gcp"))
    assert run("up", *ON, *BY_HAND["gcp"], "--yes", *DAY).code == 0
    seen = run("status", *ON)
    assert "settings cannot be used" not in seen.err
    gone = run("down", *ON, "--yes")
    assert gone.code == 0, gone.err


def recorded(zone: str | None, *projects: str) -> dict[str, object]:
    """The state of a lab on Google Cloud; `zone` None: of a version that did not tell it."""
    lab = {"cloud": "gcp", "region": "us-central1", **({} if zone is None else {"zone": zone})}
    stack = {"urn": "s", "type": "pulumi:pulumi:Stack", "outputs": {"lab": lab}}
    disks = [
        {"urn": p, "type": "gcp:compute/disk:Disk", "custom": True, "outputs": {"project": p}}
        for p in projects
    ]
    return {"deployment": {"resources": [stack, *disks]}}


@pytest.mark.parametrize(
    ("zone", "said", "moves"),
    [
        (None, "us-central1-a", {}),
        ("", "us-central1-a", {"gcp:zone": ("nothing", "us-central1-a")}),
        ("", None, {}),
        ("us-central1-a", "us-central1-a", {}),
        ("us-central1-a", None, {"gcp:zone": ("us-central1-a", "nothing")}),
    ],
)
def test_a_zone_that_was_left_to_google_is_a_place(
    write: Write, zone: str | None, said: str | None, moves: dict[str, tuple[str, str]]
) -> None:
    write(settings("gcp"))
    lab = files.load(Path("stacks/Pulumi.moved.yaml"))
    config = {"gcp:region": "us-central1", "gcp:project": "one-project"}
    config |= {"gcp:zone": said} if said else {}
    assert location.moved(lab, config, recorded(zone, "one-project")) == moves


@pytest.mark.parametrize(
    ("projects", "found"), [((), None), (("one",), "one"), (("one", "two"), None)]
)
def test_a_state_of_two_projects_tells_none(projects: tuple[str, ...], found: str | None) -> None:
    assert location.recorded(recorded("", *projects))[1].get("gcp:project") == found
