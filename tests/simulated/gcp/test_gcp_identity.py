"""Service accounts, roles and members: what outlives its delete, and who may be given what."""

from __future__ import annotations

import pytest

from mllab.simulated.gcp.rules import tokens
from tests.simulated.gcp.project import AGENT, NUMBER, PROJECT, Project

EMAIL = f"trainer@{PROJECT}.iam.gserviceaccount.com"
STOPPER = {
    "roleId": "stopper",
    "title": "stops machines",
    "permissions": ["compute.instances.start", "compute.instances.stop"],
}
DAY = 24 * 3600
BLOCKED = (
    "failedPrecondition: You can't create a role with role_id (stopper) where there is an existing "
    "role with that role_id in a deleted state."
)


def account(project: Project) -> str:
    return project.create(tokens.ACCOUNT, {"accountId": "trainer"}).id


def writes_logs(project: Project, member: str = f"serviceAccount:{EMAIL}") -> str:
    inputs = {"project": PROJECT, "role": "roles/logging.logWriter", "member": member}
    return project.create(tokens.PROJECT_MEMBER, inputs).id


def test_an_account_is_found_by_everything_it_is_called(project: Project) -> None:
    made = project.create(tokens.ACCOUNT, {"accountId": "trainer"}).outputs
    assert made["email"] == EMAIL
    assert made["member"] == f"serviceAccount:{EMAIL}"
    assert len(made["uniqueId"]) == 21
    assert project.refused(tokens.ACCOUNT, {"accountId": "trainer"}) == (
        f"alreadyExists: Service account trainer already exists within project projects/{PROJECT}."
    )


def test_a_new_account_of_an_old_name_is_somebody_else(project: Project) -> None:
    """The roles of the old one stay behind under a dead name, and give the new one nothing."""
    first = account(project)
    number = project.shown(tokens.ACCOUNT, first)["uniqueId"]
    binding = writes_logs(project)
    project.delete(tokens.ACCOUNT, first)
    second = account(project)
    assert second == first
    assert project.shown(tokens.ACCOUNT, second)["uniqueId"] != number
    assert project.read(tokens.PROJECT_MEMBER, binding) is None
    (orphan,) = project.ids(tokens.PROJECT_MEMBER)
    assert orphan == (
        f"{PROJECT}/roles/logging.logWriter/deleted:serviceAccount:{EMAIL}?uid={number}"
    )
    assert writes_logs(project) == binding


def test_a_deleted_account_can_be_restored_for_a_month(project: Project) -> None:
    first = account(project)
    project.delete(tokens.ACCOUNT, first)
    assert [left.id for left in project.whole.remains(project.now)] == [first]
    project.later(31 * DAY)
    assert project.whole.remains(project.now) == []


def test_a_role_of_this_week_is_restored_a_later_one_blocked(project: Project) -> None:
    role = project.create(tokens.ROLE, STOPPER).id
    project.delete(tokens.ROLE, role)
    project.later(6 * DAY)
    assert project.create(tokens.ROLE, STOPPER).id == role
    project.delete(tokens.ROLE, role)
    project.later(8 * DAY)
    assert project.refused(tokens.ROLE, STOPPER) == BLOCKED
    assert project.refusal(tokens.ROLE, STOPPER).hint == "choose another roleId"
    project.later(30 * DAY)
    assert project.create(tokens.ROLE, STOPPER).id == role


def test_roles_are_checked(project: Project) -> None:
    assert project.refused(tokens.ROLE, {**STOPPER, "permissions": ["stop"]}) == (
        "INVALID_ARGUMENT: Permission stop is not valid."
    )
    nameless = {key: value for key, value in STOPPER.items() if key != "roleId"}
    assert project.faults(tokens.ROLE, nameless) == ("roleId: missing, it is required",)
    role = project.create(tokens.ROLE, STOPPER)
    assert project.refused(tokens.ROLE, STOPPER) == (
        f"alreadyExists: Custom project role {role.id} already exists and must be imported"
    )


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("roles/loging.writer", "INVALID_ARGUMENT: Role roles/loging.writer is not supported for"),
        (f"projects/{PROJECT}/roles/none", f"INVALID_ARGUMENT: Role projects/{PROJECT}/roles/none"),
    ],
)
def test_an_unknown_role_is_refused(project: Project, role: str, words: str) -> None:
    inputs = {"project": PROJECT, "role": role, "member": "user:ada@uni.edu"}
    assert project.refused(tokens.PROJECT_MEMBER, inputs).startswith(words)


def test_a_member_must_exist_or_be_somebody_outside(project: Project) -> None:
    for member in ("user:ada@uni.edu", "group:students@uni.edu", "allUsers", "domain:uni.edu"):
        assert writes_logs(project, member)
    inputs = {"project": PROJECT, "role": "roles/logging.logWriter"}
    assert project.refused(
        tokens.PROJECT_MEMBER, {**inputs, "member": f"serviceAccount:{EMAIL}"}
    ) == (f"badRequest: Service account {EMAIL} does not exist.")
    assert project.faults(tokens.PROJECT_MEMBER, {**inputs, "member": "ada@uni.edu"}) == (
        "member: invalid value, IAM members look like user:ada@uni.edu (got 'ada@uni.edu')",
    )


def test_nobody_unknown_gets_into_a_private_bucket(project: Project) -> None:
    role = {"role": "roles/storage.objectViewer", "member": "allUsers"}
    private = project.bucket("private", publicAccessPrevention="enforced")
    assert project.refused(tokens.BUCKET_MEMBER, {"bucket": private, **role}) == (
        "conditionNotMet: The member bindings allUsers and allAuthenticatedUsers are not allowed "
        "since public access prevention is enforced."
    )
    assert project.create(tokens.BUCKET_MEMBER, {"bucket": project.bucket("open"), **role})


POLICY = {
    "instanceSchedulePolicy": {
        "timeZone": "Europe/Berlin",
        "vmStopSchedule": {"schedule": "0 2 * * *"},
    }
}


def test_a_schedule_needs_googles_account_to_be_let_in(project: Project) -> None:
    """`terraform-provider-google` issue 11899, with the ways to heal it."""
    machine = project.instance(project.subnet(project.network()))
    policy = project.create(tokens.POLICY, POLICY).outputs["name"]
    attach = {"name": policy, "instance": machine.rpartition("/")[2]}
    words = (
        f"412: Compute Engine System service account service-{NUMBER}@compute-system.iam."
        "gserviceaccount.com needs to have [compute.instances.start,compute.instances.stop] "
        "permissions applied in order to perform this operation."
    )
    assert project.refused(tokens.POLICY_ATTACHMENT, attach) == words
    half = project.create(tokens.ROLE, {**STOPPER, "permissions": ["compute.instances.stop"]}).id
    member = {"project": PROJECT, "member": AGENT}
    project.create(tokens.PROJECT_MEMBER, {**member, "role": half})
    assert project.refused(tokens.POLICY_ATTACHMENT, attach) == words, "it asks for both"
    project.create(tokens.PROJECT_MEMBER, {**member, "role": "roles/compute.instanceAdmin.v1"})
    assert project.create(tokens.POLICY_ATTACHMENT, attach).id


def test_a_machine_has_one_schedule(project: Project) -> None:
    project.create(
        tokens.PROJECT_MEMBER,
        {"project": PROJECT, "member": AGENT, "role": "roles/compute.instanceAdmin.v1"},
    )
    machine = project.instance(project.subnet(project.network()))
    first, second = (project.create(tokens.POLICY, POLICY, name) for name in ("one", "two"))
    attach = {"instance": machine.rpartition("/")[2]}
    made = {**attach, "name": first.outputs["name"]}
    project.create(tokens.POLICY_ATTACHMENT, made)
    assert project.refused(
        tokens.POLICY_ATTACHMENT, {**attach, "name": second.outputs["name"]}, "another"
    ) == (
        f"invalid: The instance '{machine}' already has an instance schedule; at most one is "
        "allowed."
    )
