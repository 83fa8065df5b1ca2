"""What a change does: in place, replaced, refused on a running machine."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.simulated.gcp.rules import tokens
from tests.simulated.gcp.project import GPU_FAMILY, Project
from tests.simulated.samples import build, filled

IN_PLACE: list[tuple[str, dict[str, Any]]] = [
    ("sub", {"ipCidrRange": "10.10.0.0/19"}),
    ("sub", {"privateIpGoogleAccess": False}),
    ("ssh", {"sourceRanges": ["35.235.240.0/20", "10.0.0.0/8"]}),
    ("machine", {"machineType": "g2-standard-8"}),
    ("machine", {"labels": {"lab": "another"}}),
    ("machine", {"metadata": {"enable-oslogin": "FALSE"}}),
    ("home", {"size": 80}),
    ("bucket", {"lifecycleRules": []}),
    ("bucket", {"forceDestroy": True}),
    ("images", {"cleanupPolicyDryRun": True}),
    ("managed", {"labels": {}}),
    ("budget", {"amount": {"specifiedAmount": {"units": "200"}}}),
    ("nightly", {"description": "x"}),
    ("daily", {"schedule": "0 22 * * *"}),
    ("stopper", {"title": "another"}),
]
REPLACED: list[tuple[str, dict[str, Any]]] = [
    ("net", {"description": "another"}),
    ("net", {"autoCreateSubnetworks": True}),
    ("sub", {"ipCidrRange": "10.10.0.0/24"}),
    ("ssh", {"direction": "EGRESS"}),
    ("account", {"accountId": "another"}),
    ("home", {"size": 20}),
    ("home", {"type": "pd-ssd"}),
    ("home", {"provisionedIops": 4000}),
    (
        "machine",
        {
            "networkInterfaces": [
                {"subnetwork": "@sub.id", "accessConfigs": [{}], "networkIp": "10.10.0.77"}
            ]
        },
    ),
    ("home", {"zone": "us-central1-b"}),
    ("machine", {"zone": "us-central1-b"}),
    ("machine", {"hostname": "notebook.uni.edu"}),
    (
        "machine",
        {
            "scheduling": {
                "onHostMaintenance": "TERMINATE",
                "instanceTerminationAction": "STOP",
                "maxRunDuration": {"seconds": 3600},
            }
        },
    ),
    (
        "machine",
        {"bootDisk": {"initializeParams": {"image": f"{GPU_FAMILY}-v20260626", "size": 60}}},
    ),
    ("bucket", {"location": "EU"}),
    ("objects", {"role": "roles/storage.objectViewer"}),
    ("images", {"format": "PYTHON"}),
    ("files", {"tier": "REGIONAL", "location": "us-central1"}),
    ("managed", {"instanceOwners": ["ada@uni.edu"]}),
    ("budget", {"billingAccount": "ABCDEF-012345-6789AB"}),
    ("scheduled", {"zone": "us-central1-b"}),
]


def changed(project: Project, name: str, change: dict[str, Any]) -> tuple[bool, bool, bool]:
    """Whether there is a difference, whether it replaces, whether the old one goes first."""
    every = build(project)
    made = every[name]
    news = {**made["given"], **filled(change, every)}
    found = project.diff(made["token"], made["id"], news, name)
    return bool(found.changes), found.replaces, found.delete_before_replace


@pytest.mark.parametrize(("name", "change"), IN_PLACE)
def test_changed_in_place(project: Project, name: str, change: dict[str, Any]) -> None:
    assert changed(project, name, change)[:2] == (True, False)


@pytest.mark.parametrize(("name", "change"), REPLACED)
def test_replaced(project: Project, name: str, change: dict[str, Any]) -> None:
    assert changed(project, name, change)[:2] == (True, True)


@pytest.mark.parametrize(
    ("before", "after", "replaces"),
    [
        ({"serial-port-logging-enable": "false"}, {"serial-port-logging-enable": "false"}, False),
        ({"serial-port-logging-enable": "false"}, {"serial-port-logging-enable": "true"}, True),
        ({"serial-port-logging-enable": "false"}, {}, True),
        ({}, {}, True),  # Google filled it in
    ],
)
def test_metadata_of_a_workbench_instance_changes_in_place_where_its_log_is_as_it_was(
    project: Project, before: dict[str, str], after: dict[str, str], replaces: bool
) -> None:
    given = build(project)["managed"]["given"]

    def inputs(idle: str, logging: dict[str, str]) -> dict[str, Any]:
        metadata = {"idle-timeout-seconds": idle, **logging}
        setup = {**given["gceSetup"], "metadata": metadata}
        return {**given, "gceSetup": setup, "name": "another", "location": "us-central1-b"}

    made = project.create(tokens.NOTEBOOK, inputs("3600", before))
    found = project.diff(tokens.NOTEBOOK, made.id, inputs("5400", after))
    assert 'gceSetup.metadata["idle-timeout-seconds"]' in {c.path for c in found.changes}
    assert found.replaces is replaces


@pytest.mark.parametrize(
    ("name", "change", "first"),
    [
        ("net", {"description": "x"}, False),  # a generated name
        ("images", {"format": "PYTHON"}, True),  # a name that the program gave
    ],
)
def test_a_given_name_makes_room_first(
    project: Project, name: str, change: dict[str, Any], first: bool
) -> None:
    assert changed(project, name, change) == (True, True, first)


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("net", {"routingMode": "REGIONAL", "deletionPolicy": "DELETE"}),
        ("ssh", {"priority": 1000, "enableLogging": None}),
        ("machine", {"canIpForward": False, "deletionProtection": False}),
        ("bucket", {"storageClass": "STANDARD", "forceDestroy": False}),
        ("images", {"mode": "STANDARD_REPOSITORY"}),
        ("daily", {"attemptDeadline": "180s"}),
        ("nat", {"udpIdleTimeoutSec": 30, "type": "PUBLIC"}),
    ],
)
def test_a_default_that_is_written_out_is_no_change(
    project: Project, name: str, same: dict[str, Any]
) -> None:
    assert changed(project, name, same)[:2] == (False, False)


def test_the_order_of_a_set_means_nothing(project: Project) -> None:
    network = project.network()
    inputs: dict[str, Any] = {
        "network": network,
        "sourceRanges": ["10.0.0.0/8", "35.235.240.0/20"],
        "allows": [{"protocol": "tcp", "ports": ["22"]}, {"protocol": "udp"}],
    }
    rule = project.create(tokens.FIREWALL, inputs).id
    turned = {key: inputs[key][::-1] for key in ("sourceRanges", "allows")}
    assert project.diff(tokens.FIREWALL, rule, inputs | turned).changes == ()


def test_a_running_machine_is_not_stopped_unasked(project: Project) -> None:
    subnet = project.subnet(project.network())
    machine = project.instance(subnet)
    name = {"name": machine.rpartition("/")[2]}
    larger = {**project.machine(subnet, "e2-standard-4"), **name}
    assert project.not_updated(tokens.INSTANCE, machine, larger).startswith(
        "Error: Changing the machine_type, min_cpu_platform, service_account, enable_display, "
    )
    project.whole.stop(machine)
    assert project.update(tokens.INSTANCE, machine, larger).seconds == 90
    project.whole.start(machine)
    agreed = {**project.machine(subnet, "e2-standard-8"), **name, "allowStoppingForUpdate": True}
    made = project.update(tokens.INSTANCE, machine, agreed)
    assert made.outputs["machineType"] == "e2-standard-8"
    assert project.whole.intervals()[-1].kind == "e2-standard-8"


def test_a_machine_can_be_stopped_by_the_program(project: Project) -> None:
    subnet = project.subnet(project.network())
    machine = project.instance(subnet)
    inputs = {**project.machine(subnet), "name": machine.rpartition("/")[2]}
    made = project.update(tokens.INSTANCE, machine, {**inputs, "desiredStatus": "TERMINATED"})
    assert made.outputs["currentStatus"] == "TERMINATED"


def test_files_never_shrink(project: Project) -> None:
    files = build(project)["files"]
    smaller = {**files["given"], "fileShares": {"name": "share", "capacityGb": 100}}
    larger = {**files["given"], "fileShares": {"name": "share", "capacityGb": 200}}
    for inputs in (smaller, larger):
        inputs["name"] = files["name"]
    project.update(tokens.FILES, files["id"], larger)
    assert project.not_updated(tokens.FILES, files["id"], smaller) == (
        "INVALID_ARGUMENT: File share capacity cannot be decreased."
    )


def test_a_change_is_remembered(project: Project) -> None:
    bucket = project.bucket()
    project.later(60)
    made = project.update(tokens.BUCKET, bucket, {"location": "us-central1", "name": bucket})
    assert made.outputs["timeCreated"] == "2027-01-11T09:00:00Z"
    assert made.outputs["updated"] == "2027-01-11T09:01:00Z"
