"""Roles, policies and instance profiles, as IAM treats them."""

from __future__ import annotations

from collections.abc import Iterable

from mllab.engines.provider import Properties
from mllab.simulated.aws import documents
from mllab.simulated.facts import Tie
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/policy:Policy"
PROFILE = "aws:iam/instanceProfile:InstanceProfile"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"

POLICY_CHARACTERS = 6144
INLINE_CHARACTERS = 10240
TRUST_CHARACTERS = 2048
POLICIES_PER_ROLE = 10
"""Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def _refuse_malformed(text: str, *, trust: bool = False) -> None:
    if error := documents.policy_error(text, trust=trust):
        raise refuse("MalformedPolicyDocument: {error}", error=error)


def _length(text: str) -> int:
    """IAM does not count white space."""
    return len("".join(text.split()))


class Role(Kind):
    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from documents.faults("assumeRolePolicy", inputs.get("assumeRolePolicy"))

    def same(self, old: object, new: object) -> bool:
        return documents.same(old, new)

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        trust = str(inputs["assumeRolePolicy"])
        _refuse_malformed(trust, trust=True)
        if _length(trust) > TRUST_CHARACTERS:
            raise refuse(
                "LimitExceeded: Cannot exceed quota for ACLSizePerRole: {limit}",
                limit=TRUST_CHARACTERS,
            )

    def frees(self, record: Record) -> Iterable[Tie]:
        if not record.inputs.get("forceDetachPolicies"):
            return ()
        return (Tie(ATTACHMENT, "role"), Tie(ROLE_POLICY, "role"))

    def outputs(self, here: Here, record: Record) -> Properties:
        inline = here.session.users(record, ROLE_POLICY, "role")
        attached = here.session.users(record, ATTACHMENT, "role")
        return {
            "createDate": record.since.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "inlinePolicies": [
                {"name": policy.name, "policy": policy.inputs["policy"]} for policy in inline
            ],
            "managedPolicyArns": sorted(
                {
                    *(record.inputs.get("managedPolicyArns") or []),
                    *(a.inputs["policyArn"] for a in attached),
                }
            ),
        }


class Policy(Kind):
    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from documents.faults("policy", inputs.get("policy"))

    def same(self, old: object, new: object) -> bool:
        return documents.same(old, new)

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        text = str(inputs["policy"])
        _refuse_malformed(text)
        if _length(text) > POLICY_CHARACTERS:
            raise refuse(
                "LimitExceeded: Cannot exceed quota for PolicySize: {limit}",
                limit=POLICY_CHARACTERS,
            )

    def outputs(self, here: Here, record: Record) -> Properties:
        return {"attachmentCount": len(here.session.users(record, ATTACHMENT))}


class RolePolicy(Kind):
    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from documents.faults("policy", inputs.get("policy"))

    def same(self, old: object, new: object) -> bool:
        return documents.same(old, new)

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        text, role = str(inputs["policy"]), here.get(ROLE, inputs["role"])
        _refuse_malformed(text)
        others = here.session.users(role, ROLE_POLICY, "role") if role else []
        held = sum(_length(o.inputs["policy"]) for o in others if o.name != inputs.get("name"))
        if held + _length(text) > INLINE_CHARACTERS:
            raise refuse(
                "LimitExceeded: Maximum policy size of {limit} bytes exceeded for role {role}",
                limit=INLINE_CHARACTERS, role=inputs["role"],
            )  # fmt: skip


class RolePolicyAttachment(Kind):
    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        role = here.get(ROLE, inputs["role"])
        attached = here.session.users(role, ATTACHMENT, "role") if role else []
        arns = {found.inputs["policyArn"] for found in attached} | {inputs["policyArn"]}
        if len(arns) > POLICIES_PER_ROLE:
            raise refuse(
                "LimitExceeded: Cannot exceed quota for PoliciesPerRole: {limit}",
                limit=POLICIES_PER_ROLE,
            )


class InstanceProfile(Kind):
    def outputs(self, here: Here, record: Record) -> Properties:
        return {"createDate": record.since.strftime("%Y-%m-%dT%H:%M:%SZ")}


KINDS: dict[str, type[Kind]] = {
    ROLE: Role,
    POLICY: Policy,
    ROLE_POLICY: RolePolicy,
    ATTACHMENT: RolePolicyAttachment,
    PROFILE: InstanceProfile,
}
