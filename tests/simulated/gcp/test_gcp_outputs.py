"""What Google Cloud shows of things, with ids as it makes them."""

from __future__ import annotations

import re

import pytest

from mllab.protocol.provider import ProviderFailure
from mllab.simulated.gcp import places
from mllab.simulated.gcp.rules import tokens
from tests.simulated.gcp.project import NUMBER, PROJECT, ZONE, Project
from tests.simulated.samples import build

GLOBAL = f"projects/{PROJECT}/global"
REGION = f"projects/{PROJECT}/regions/us-central1"
HERE = f"projects/{PROJECT}/zones/{ZONE}"
AUTO = "[0-9a-f]{7}"

IDS = {
    "api": f"{PROJECT}/batch.googleapis.com",
    "net": f"{GLOBAL}/networks/net-{AUTO}",
    "sub": f"{REGION}/subnetworks/sub-{AUTO}",
    "ssh": f"{GLOBAL}/firewalls/ssh-{AUTO}",
    "nat": rf"{PROJECT}/us-central1/router-{AUTO}/nat-{AUTO}",
    "account": rf"projects/{PROJECT}/serviceAccounts/notebooks@{PROJECT}\.iam\.gserviceaccount.com",
    "stopper": f"projects/{PROJECT}/roles/mllab_stopper",
    "home": f"{HERE}/disks/home-{AUTO}",
    "machine": f"{HERE}/instances/machine-{AUTO}",
    "nightly": f"{REGION}/resourcePolicies/nightly-{AUTO}",
    "scheduled": f"{PROJECT}/{ZONE}/machine-{AUTO}/nightly-{AUTO}",
    "daily": f"projects/{PROJECT}/locations/us-central1/jobs/daily-{AUTO}",
    "managed": f"projects/{PROJECT}/locations/us-central1-b/instances/managed-{AUTO}",
    "bucket": f"bucket-{AUTO}",
    "objects": rf"b/bucket-{AUTO}/roles/storage\.objectUser/serviceAccount:notebooks@\S+",
    "files": f"projects/{PROJECT}/locations/{ZONE}/instances/files-{AUTO}",
    "images": f"projects/{PROJECT}/locations/us-central1/repositories/ml",
    "topic": f"projects/{PROJECT}/topics/topic-{AUTO}",
    "mail": rf"projects/{PROJECT}/notificationChannels/\d{{20}}",
    "budget": "billingAccounts/012345-6789AB-CDEF01/budgets/[0-9a-f-]{36}",
    "workflow": f"projects/{PROJECT}/locations/us-central1/workflows/workflow-{AUTO}",
}


def test_ids_are_as_google_makes_them(project: Project) -> None:
    made = build(project)
    for name, pattern in IDS.items():
        assert re.fullmatch(pattern, made[name]["id"]), (name, made[name]["id"])


def test_labels_carry_those_of_the_provider() -> None:
    project = Project(config={"defaultLabels": '{"course": "größe", "open": true}'})
    bucket = project.shown(tokens.BUCKET, project.bucket(labels={"owner": "ada"}))
    assert bucket["labels"] == {"owner": "ada"}
    assert bucket["effectiveLabels"] == {
        "goog-pulumi-provisioned": "true",
        "course": "größe",
        "open": "true",
        "owner": "ada",
    }
    assert bucket["pulumiLabels"] == bucket["effectiveLabels"]
    plain = Project(config={"addPulumiAttributionLabel": "false"})
    assert plain.shown(tokens.BUCKET, plain.bucket())["effectiveLabels"] == {}


def test_labels_of_the_provider_are_refused_like_those_of_a_resource() -> None:
    project = Project(config={"defaultLabels": '{"Team": "ml"}'})
    with pytest.raises(ProviderFailure, match="Label key 'Team' violates format constraints"):
        project.bucket()


def test_a_subnet_shows_its_gateway(project: Project) -> None:
    assert project.shown(tokens.SUBNET, project.subnet(project.network()))["gatewayAddress"] == (
        "10.10.0.1"
    )


def test_a_machine_has_an_address_inside_and_one_outside_while_it_runs(project: Project) -> None:
    subnet = project.subnet(project.network())
    machine = project.instance(subnet)
    (card,) = project.shown(tokens.INSTANCE, machine)["networkInterfaces"]
    assert card["networkIp"] == "10.10.0.2"
    assert card["subnetwork"] == f"{places.LINK}{subnet}"
    assert card["accessConfigs"][0]["natIp"].startswith("203.0.113.")
    project.whole.stop(machine)
    shown = project.shown(tokens.INSTANCE, machine)
    assert shown["currentStatus"] == "TERMINATED"
    assert shown["networkInterfaces"][0]["accessConfigs"][0]["natIp"] == ""
    assert shown["networkInterfaces"][0]["networkIp"] == "10.10.0.2"
    project.whole.start(machine)
    assert project.shown(tokens.INSTANCE, machine)["currentStatus"] == "RUNNING"
    states = [(found.kind, found.state) for found in project.whole.intervals()]
    assert states == [("e2-standard-2", state) for state in ("running", "stopped", "running")]


def test_what_is_attached_is_paid_for(project: Project) -> None:
    gpu = {"guestAccelerators": [{"type": "nvidia-tesla-t4", "count": 1}]}
    subnet = project.subnet(project.network())
    project.create(tokens.INSTANCE, project.gpu_machine(subnet, "n1-standard-4", **gpu))
    (running,) = project.whole.intervals()
    assert running.kind == "n1-standard-4+nvidia-tesla-t4"


def test_a_machine_brings_its_boot_disk_and_takes_it_along(project: Project) -> None:
    subnet = project.subnet(project.network())
    machine = project.instance(subnet)
    disk = machine.replace("/instances/", "/disks/")
    assert project.ids(tokens.DISK) == [disk]
    boot = project.shown(tokens.INSTANCE, machine)["bootDisk"]
    assert boot["source"] == f"{places.LINK}{disk}"
    assert boot["initializeParams"]["image"].endswith("nvidia-580-v20260626")
    project.delete(tokens.INSTANCE, machine)
    assert project.ids(tokens.DISK) == []


def test_a_boot_disk_stays_where_it_was_asked_to(project: Project) -> None:
    subnet = project.subnet(project.network())
    inputs = project.machine(subnet)
    inputs["bootDisk"]["autoDelete"] = False
    machine = project.create(tokens.INSTANCE, inputs, "machine").id
    project.delete(tokens.INSTANCE, machine)
    assert project.ids(tokens.DISK) == [machine.replace("/instances/", "/disks/")]


def test_a_managed_notebook_is_a_machine_of_the_project(project: Project) -> None:
    managed = project.create(tokens.NOTEBOOK, {"location": ZONE}, "managed").id
    name = managed.rpartition("/")[2]
    assert project.ids(tokens.INSTANCE) == [f"{HERE}/instances/{name}"]
    assert project.ids(tokens.DISK) == [f"{HERE}/disks/{name}-{part}" for part in ("boot", "data")]
    shown = project.shown(tokens.NOTEBOOK, managed)
    assert shown["gceSetup"]["metadata"]["idle-timeout-seconds"] == "10800"
    assert shown["gceSetup"]["bootDisk"]["diskSizeGb"] == "150"
    assert (shown["state"], shown["healthState"]) == ("ACTIVE", "HEALTHY")
    project.whole.stop(name)
    assert project.shown(tokens.NOTEBOOK, managed)["state"] == "STOPPED"
    project.delete(tokens.NOTEBOOK, managed)
    assert project.ids(tokens.INSTANCE) == project.ids(tokens.DISK) == []


def test_a_disk_knows_its_users(project: Project) -> None:
    made = build(project)
    for name, users in (("home", [made["machine"]["selfLink"]]), ("spare", [])):
        assert project.shown(tokens.DISK, made[name]["id"])["users"] == users


@pytest.mark.parametrize(
    ("format", "uri"),
    [("DOCKER", "us-central1-docker.pkg.dev"), ("PYTHON", "us-central1-python.pkg.dev")],
)
def test_a_registry_has_a_host_per_format(project: Project, format: str, uri: str) -> None:
    made = project.create(tokens.REPOSITORY, {"repositoryId": "ml", "format": format})
    assert made.outputs["registryUri"] == f"{uri}/{PROJECT}/ml"


def test_a_bucket_says_where_it_is_and_how_long_it_keeps(project: Project) -> None:
    shown = project.shown(tokens.BUCKET, project.bucket())
    assert (shown["location"], shown["projectNumber"]) == ("US-CENTRAL1", int(NUMBER))
    assert shown["softDeletePolicy"]["retentionDurationSeconds"] == 604800
    assert shown["publicAccessPrevention"] == "inherited"
    assert shown["url"] == f"gs://{shown['name']}"
