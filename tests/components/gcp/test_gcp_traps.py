"""Traps of Google Cloud and of its provider that others fell into.

What is checked is what we ask for. That Google behaves as described is taken from the sources in
the components' documentation. Traps of jobs and of managed notebooks are where these are tested.
"""

from __future__ import annotations

import re

import pytest

from components.catalog import machine
from mllab.engines.contract import Resource
from tests.components.gcp.gcp_account import STACKS, committed, managed, variant
from tests.components.render import Rendered

every_stack = pytest.mark.parametrize("stack", STACKS)
INSTANCE = "compute/instance:Instance"
SERVICE = "projects/service:Service"
JOB = "cloudscheduler/job:Job"
ATTACHMENT = "compute/resourcePolicyAttachment:ResourcePolicyAttachment"
STOPPER = "compute/instanceIAMMember:InstanceIAMMember"


def behind(rendered: Rendered, later: Resource) -> set[str]:
    """URNs of all that is made before it, by whatever way."""
    found: set[str] = set()
    left = [later]
    while left:
        for urn in left.pop().dependencies:
            if urn not in found:
                found.add(urn)
                left.append(rendered.resources[urn])
    return found


# ------------------------------------------------------------- services, network, access (1)


API_OF = {
    "compute": "compute",
    "serviceaccount": "iam",
    "storage": "storage",
    "artifactregistry": "artifactregistry",
    "filestore": "file",
    "projects/iAMCustomRole": "iam",
    "cloudscheduler": "cloudscheduler",
    "workflows": "workflows",
    "workbench": "notebooks",
    "pubsub": "pubsub",
    "monitoring": "monitoring",
    "billing": "billingbudgets",
}


@every_stack
@pytest.mark.parametrize("lab", [committed, managed], ids=["vm", "managed"])
def test_trap_an_api_that_is_not_enabled_refuses_everything(stack: str, lab: object) -> None:
    if lab is managed and stack == "gcp-lab":
        stack = "gcp-tiny"
    rendered = lab(stack)  # type: ignore[operator]
    apis = {each.inputs["service"]: each.urn for each in rendered.of(SERVICE)}
    for resource in rendered.custom():
        path = resource.type.split(":")[1]
        api = API_OF.get(path, API_OF.get(path.split("/")[0]))
        if resource.type.startswith("gcp:") and api:
            assert apis[f"{api}.googleapis.com"] in behind(rendered, resource), resource.name


@every_stack
def test_trap_two_apis_must_be_there_before_any_can_be_enabled(stack: str) -> None:
    names = {each.inputs["service"].split(".")[0] for each in committed(stack).of(SERVICE)}
    assert not names & {"serviceusage", "cloudresourcemanager"}


@every_stack
def test_trap_the_look_up_of_a_service_identity_answers_with_nothing(stack: str) -> None:
    rendered = committed(stack)
    assert not rendered.of("projects/serviceIdentity:ServiceIdentity")


@every_stack
def test_trap_peering_for_services_outlives_them_and_holds_the_network(stack: str) -> None:
    rendered = committed(stack)
    assert not [r for r in rendered.custom() if "servicenetworking" in r.type]
    for each in rendered.of("filestore/instance:Instance"):
        (network,) = each.inputs["networks"]
        assert network["connectMode"] == "DIRECT_PEERING"


def test_trap_dynamic_ports_and_endpoint_independence_exclude_each_other() -> None:
    nat = variant(switches={"egress": "nat"}).one("compute/routerNat:RouterNat").inputs
    assert nat["enableDynamicPortAllocation"] is True
    assert nat["enableEndpointIndependentMapping"] is False


@every_stack
def test_trap_what_a_machine_is_reached_by_must_go_after_it(stack: str) -> None:
    rendered = committed(stack)
    way = [
        rendered.one("compute/subnetwork:Subnetwork"),
        rendered.one("compute/firewall:Firewall"),
        rendered.one("compute/network:Network"),
    ]
    for box in rendered.of(INSTANCE):
        assert {each.urn for each in way} <= behind(rendered, box)


def test_trap_first_boot_behind_a_nat_that_is_not_there_installs_nothing() -> None:
    rendered = variant(switches={"egress": "nat"})
    nat = rendered.one("compute/routerNat:RouterNat")
    assert nat.urn in behind(rendered, rendered.one(INSTANCE))


# --------------------------------------------------------------------------- notebook VM (2)


@every_stack
def test_trap_next_months_image_would_replace_the_machine(stack: str) -> None:
    for box in committed(stack).of(INSTANCE):
        image = box.inputs["bootDisk"]["initializeParams"]["image"]
        assert re.fullmatch(r"projects/[a-z-]+/global/images/family/[a-z0-9-]+", image)
        assert "bootDisk.initializeParams.image" in box.options["ignoreChanges"]


@every_stack
def test_trap_another_longest_time_or_script_would_replace_or_not_be_read(stack: str) -> None:
    for box in committed(stack).of(INSTANCE):
        assert 'metadata["user-data"]' in box.options["ignoreChanges"]
        assert "scheduling.maxRunDuration" in box.options["ignoreChanges"]
        assert "metadataStartupScript" not in box.inputs


@every_stack
def test_trap_a_stated_status_starts_stopped_machines(stack: str) -> None:
    for box in committed(stack).of(INSTANCE):
        assert "desiredStatus" not in box.inputs
        assert box.inputs["scheduling"]["automaticRestart"] is False
    for box in managed("gcp-tiny").of("workbench/instance:Instance"):
        assert "desiredState" not in box.inputs


@every_stack
def test_trap_a_schedule_on_the_machine_itself_replaces_it(stack: str) -> None:
    for box in committed(stack).of(INSTANCE):
        assert "resourcePolicies" not in box.inputs


@every_stack
def test_trap_a_machine_follows_one_schedule_only(stack: str) -> None:
    attached = [each.inputs["instance"] for each in committed(stack).of(ATTACHMENT)]
    assert len(attached) == len(set(attached))
    assert len(committed(stack).of("compute/resourcePolicy:ResourcePolicy")) <= 1


def test_trap_a_schedule_needs_a_right_of_googles_own_account() -> None:
    """412: service-N@compute-system needs compute.instances.start and stop."""
    rendered = committed()
    role = rendered.one("projects/iAMCustomRole:IAMCustomRole")
    assert role.inputs["permissions"] == ["compute.instances.start", "compute.instances.stop"]
    given = rendered.one("projects/iAMMember:IAMMember", "gcp-course-notebook-schedule-access")
    assert given.inputs["member"] == (
        "serviceAccount:service-123456789012@compute-system.iam.gserviceaccount.com"
    )
    for each in rendered.of(ATTACHMENT):
        assert given.urn in behind(rendered, each)


def test_trap_a_right_that_two_labs_gave_goes_with_the_first() -> None:
    """Members of the project are the lab's own accounts, or have a role of the lab's own."""
    for each in committed().of("projects/iAMMember:IAMMember"):
        own = "@my-course-2027." in each.inputs["member"]
        assert own or "/roles/mllab_" in each.inputs["role"]


def test_trap_the_id_of_a_deleted_role_is_blocked_for_37_days() -> None:
    """A lab made again under its old name has another bucket, and so another role."""
    bucket = "gcp-course-storage-bucket"

    def role(suffix: str) -> str:
        rendered = variant(recorded={bucket: {"name": f"{bucket}-{suffix}"}})
        return str(rendered.one("projects/iAMCustomRole:IAMCustomRole").inputs["roleId"])

    assert role("1111111") != role("2222222")
    assert len(variant(lab={"name": "a" * 30}).of("projects/iAMCustomRole:IAMCustomRole")) == 1


@every_stack
def test_trap_a_schedule_never_starts_a_machine(stack: str) -> None:
    for each in committed(stack).of("compute/resourcePolicy:ResourcePolicy"):
        assert "vmStartSchedule" not in each.inputs["instanceSchedulePolicy"]


def stopping(rendered: Rendered) -> list[Resource]:
    """The jobs that stop a machine; the watch calls a workflow, which asks who runs."""
    found = [each for each in rendered.of(JOB) if not each.name.endswith("-watch")]
    assert found
    return found


def test_trap_a_right_to_stop_must_be_there_before_the_job_that_stops() -> None:
    rendered = committed()
    for each in stopping(rendered):
        assert {r.urn for r in rendered.of(STOPPER)} <= behind(rendered, each)


@pytest.mark.parametrize(("size", "local"), [("gpu-large", True), ("gpu-medium", False)])
def test_trap_a_machine_with_local_disks_does_not_stop_without_saying_so(
    size: str, local: bool
) -> None:
    rendered = variant(notebook=machine("gcp", size))
    scheduling = rendered.one(INSTANCE).inputs["scheduling"]
    assert scheduling.get("onInstanceStopAction") == ({"discardLocalSsd": True} if local else None)
    for job in stopping(rendered):
        uri = job.inputs["httpTarget"]["uri"]
        assert uri.endswith("/stop?discardLocalSsd=true" if local else "/stop")
    seat = rendered.registered["mllab:gcp:Notebook"]["seats"]["shared"]
    assert (seat["stop"]["argv"][-1] == "--discard-local-ssd=true") is local


@every_stack
def test_trap_a_disk_hangs_on_one_machine_at_a_time(stack: str) -> None:
    for box in committed(stack).of(INSTANCE):
        assert box.options["deleteBeforeReplace"] is True
    assert not committed(stack).of("compute/attachedDisk:AttachedDisk"), (
        "detaches while it is written to"
    )


@every_stack
def test_trap_another_size_is_an_error_unless_it_may_stop(stack: str) -> None:
    for box in committed(stack).of(INSTANCE):
        assert box.inputs["allowStoppingForUpdate"] is True


@every_stack
def test_trap_metadata_of_products_that_are_gone(stack: str) -> None:
    for box in committed(stack).of(INSTANCE):
        assert not {"proxy-mode", "gce-container-declaration"} & box.inputs["metadata"].keys()


@every_stack
def test_trap_a_default_that_blocks_the_destroy(stack: str) -> None:
    protections = ("deletionProtection", "enableDeletionProtection", "deletionProtectionEnabled")
    for resource in [*committed(stack).custom(), *managed("gcp-tiny").custom()]:
        assert "deletionPolicy" not in resource.inputs, "what the SDK keeps, Pulumi does not delete"
        for key in protections:
            assert resource.inputs.get(key, False) is False
    assert all(box.inputs["deletionProtection"] is False for box in committed(stack).of(INSTANCE))
