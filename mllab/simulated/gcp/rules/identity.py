"""Service accounts, custom roles and members of policies, as IAM treats them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated.gcp import places
from mllab.simulated.gcp.rules import services, tokens
from mllab.simulated.gcp.rules.resource import Resource
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

UNDELETE = timedelta(days=30)
"""Source: https://cloud.google.com/iam/docs/service-accounts-delete-undelete"""

ROLE_SOFT, ROLE_GONE = timedelta(days=7), timedelta(days=30)
"""A role can be restored for the first, and its id stays blocked for the second after that.
Source: https://cloud.google.com/iam/docs/creating-custom-roles#deleting-custom-role"""

PERMISSION = re.compile(r"[a-z][A-Za-z0-9]*(\.[A-Za-z0-9]+){2,}")
MEMBER = re.compile(
    r"allUsers|allAuthenticatedUsers|(user|group|serviceAccount):[^@\s]+@[^@\s]+|domain:\S+"
    r"|(projectOwner|projectEditor|projectViewer|principal|principalSet|deleted):\S+"
)
START_AND_STOP = {"compute.instances.start", "compute.instances.stop"}
PUBLIC = ("allUsers", "allAuthenticatedUsers")


class Account(Resource):
    """Its delete is never refused; who was given something keeps it under a dead name."""

    def after_delete(self, here: Here, record: Record) -> None:
        here.session.remain(record, here.at + UNDELETE)
        email, number = record.outputs["email"], record.outputs["uniqueId"]
        for type_ in tokens.MEMBERS:
            for user in here.session.users(record, type_, "member"):
                orphan = f"deleted:serviceAccount:{email}?uid={number}"
                id = user.id.replace(str(user.inputs["member"]), orphan)
                inputs = {**user.inputs, "member": orphan}
                here.session.drop(user)
                here.session.add(Record(type_, id, "", here.at, inputs=inputs, outputs=inputs))

    def keys(self, record: Record) -> Iterable[str]:
        found = record.outputs
        return (record.name, *(str(found.get(key) or "") for key in ("email", "member", "name")))


class CustomRole(Resource):
    """Its id stays blocked for long after a delete."""

    names_itself = True

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        wrong = [p for p in inputs["permissions"] if not PERMISSION.fullmatch(str(p))]
        if wrong:
            raise refuse("INVALID_ARGUMENT (400): Permission {p} is not valid.", p=wrong[0])
        id = f"projects/{here.base['project']}/roles/{inputs['roleId']}"
        ends = [left.until for left in here.session.remains(here.at, id)]
        if old is None and ends and here.at >= max(ends) - ROLE_GONE:
            raise refuse(
                self.facts.refusals["role id"], "choose another roleId", roleId=inputs["roleId"]
            )

    def after_delete(self, here: Here, record: Record) -> None:
        here.session.remain(record, here.at + ROLE_SOFT + ROLE_GONE)


class Member(Resource):
    """One member with one role. Giving twice is giving once."""

    place = ""
    """The property that names the thing whose policy it is."""
    target = ""

    def faults(self, inputs: Properties) -> Iterable[str]:
        member = inputs["member"]
        if member is not UNKNOWN and not MEMBER.fullmatch(member):
            yield f"member: invalid value, IAM members look like user:ada@uni.edu (got {member!r})"

    def number(self, here: Here, inputs: Properties) -> str | None:
        target = here.get(self.target, inputs.get(self.place)) if self.target else None
        return f"{target.id}/{inputs['role']}/{inputs['member']}" if target else None

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        kind, _, email = str(inputs["member"]).partition(":")
        if kind != "serviceAccount" or here.get(tokens.ACCOUNT, inputs["member"]):
            return
        if not services.agent_exists(here.session, here.base["project"], email):
            raise refuse(
                "badRequest (400): Service account {email} does not exist.",
                "create it first; one of Google's own comes with its API or a "
                "gcp.projects.ServiceIdentity",
                email=email,
            )


class InstanceMember(Member):
    """Who may do something with one machine."""

    place, target = "instanceName", tokens.INSTANCE


class RepositoryMember(Member):
    """Who may pull or push images."""

    place, target = "repository", tokens.REPOSITORY


class BucketMember(Member):
    """Who may read or write objects; nobody unknown where public access is prevented."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        bucket = here.get(tokens.BUCKET, inputs["bucket"])
        prevented = bucket and bucket.inputs.get("publicAccessPrevention") == "enforced"
        if prevented and inputs["member"] in PUBLIC:
            raise refuse(
                "conditionNotMet (412): The member bindings allUsers and allAuthenticatedUsers are "
                "not allowed since public access prevention is enforced."
            )


def may_start_and_stop(here: Here, email: str) -> bool:
    """Whether an account may start and stop every machine of the project."""
    for member in here.session.all(tokens.PROJECT_MEMBER):
        if member.inputs["member"] == f"serviceAccount:{email}":
            role = member.inputs["role"]
            custom = here.get(tokens.ROLE, role)
            granted = set(custom.inputs["permissions"]) if custom else set()
            if granted >= START_AND_STOP or places.roles().get(role):
                return True
    return False


KINDS: dict[str, type[Kind]] = {
    tokens.ACCOUNT: Account,
    tokens.ROLE: CustomRole,
    tokens.PROJECT_MEMBER: Member,
    tokens.INSTANCE_MEMBER: InstanceMember,
    tokens.REPOSITORY_MEMBER: RepositoryMember,
    tokens.BUCKET_MEMBER: BucketMember,
}
