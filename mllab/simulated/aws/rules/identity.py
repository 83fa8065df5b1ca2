"""Roles, policies and instance profiles, as IAM treats them."""

from __future__ import annotations

from collections.abc import Iterable

from mllab.protocol.provider import Properties
from mllab.simulated import checks
from mllab.simulated.aws.rules import documents, tokens
from mllab.simulated.facts import Tie
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

POLICY_CHARACTERS = 6144
INLINE_CHARACTERS = 10240
TRUST_CHARACTERS = 2048
POLICIES_PER_ROLE = 10
"""Source of all: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def _refuse_malformed(text: str, *, trust: bool = False) -> None:
    if error := documents.policy_error(text, trust=trust):
        raise refuse("MalformedPolicyDocument: {error}", error=error)


def _length(text: str) -> int:
    """IAM does not count white space."""
    return len("".join(text.split()))


def _refuse_same_keys(here: Here) -> None:
    """Keys that differ only in case. Where a role is there already IAM takes the new key for the
    old, so that what is declared is never reached; that is refused, too.

    Source: https://github.com/aws/aws-cdk/issues/26253
    """
    keys = [key.lower() for key in here.base["tagsAll"]]
    if len(set(keys)) < len(keys):
        raise refuse(
            "InvalidInput: Duplicate tag keys found. Please note that Tag keys are case"
            " insensitive."
        )


class Role(Kind):
    """It stays while policies are attached, unless it may detach them itself."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from checks.document("assumeRolePolicy", inputs["assumeRolePolicy"])

    def same(self, old: object, new: object) -> bool:
        return documents.same(old, new)

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        _refuse_same_keys(here)
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
        return (Tie(tokens.ROLE_ATTACHMENT, "role"), Tie(tokens.ROLE_POLICY, "role"))

    def outputs(self, here: Here, record: Record) -> Properties:
        inline = here.session.users(record, tokens.ROLE_POLICY, "role")
        attached = here.session.users(record, tokens.ROLE_ATTACHMENT, "role")
        given = record.inputs.get("managedPolicyArns") or []
        return {
            "createDate": record.since.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "inlinePolicies": [
                {"name": found.name, "policy": found.inputs["policy"]} for found in inline
            ],
            "managedPolicyArns": sorted({*given, *(a.inputs["policyArn"] for a in attached)}),
        }


class Policy(Kind):
    """A managed policy; it stays while it is attached."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from checks.document("policy", inputs["policy"])

    def same(self, old: object, new: object) -> bool:
        return documents.same(old, new)

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        text = str(inputs["policy"])
        _refuse_same_keys(here)
        _refuse_malformed(text)
        if _length(text) > POLICY_CHARACTERS:
            raise refuse(
                "LimitExceeded: Cannot exceed quota for PolicySize: {limit}",
                limit=POLICY_CHARACTERS,
            )

    def outputs(self, here: Here, record: Record) -> Properties:
        return {"attachmentCount": len(here.session.users(record, tokens.ROLE_ATTACHMENT))}


class RolePolicy(Kind):
    """A role's own policy; putting one of the same name overwrites it."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from checks.document("policy", inputs["policy"])

    def same(self, old: object, new: object) -> bool:
        return documents.same(old, new)

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        text, role = str(inputs["policy"]), here.get(tokens.ROLE, inputs["role"])
        _refuse_malformed(text)
        others = here.session.users(role, self.token, "role") if role else []
        held = sum(_length(o.inputs["policy"]) for o in others if o.name != inputs.get("name"))
        if held + _length(text) > INLINE_CHARACTERS:
            raise refuse(
                "LimitExceeded: Maximum policy size of {limit} bytes exceeded for role {role}",
                limit=INLINE_CHARACTERS,
                role=inputs["role"],
            )


class RolePolicyAttachment(Kind):
    """Attaching twice is attaching once."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        role = here.get(tokens.ROLE, inputs["role"])
        attached = here.session.users(role, self.token, "role") if role else []
        if (
            len({inputs["policyArn"], *(a.inputs["policyArn"] for a in attached)})
            > POLICIES_PER_ROLE
        ):
            raise refuse(
                "LimitExceeded: Cannot exceed quota for PoliciesPerRole: {limit}",
                limit=POLICIES_PER_ROLE,
            )


class InstanceProfile(Kind):
    """What carries a role into an instance."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        _refuse_same_keys(here)

    def outputs(self, here: Here, record: Record) -> Properties:
        return {"createDate": record.since.strftime("%Y-%m-%dT%H:%M:%SZ")}


KINDS: dict[str, type[Kind]] = {
    tokens.ROLE: Role,
    tokens.POLICY: Policy,
    tokens.ROLE_POLICY: RolePolicy,
    tokens.ROLE_ATTACHMENT: RolePolicyAttachment,
    tokens.PROFILE: InstanceProfile,
}
