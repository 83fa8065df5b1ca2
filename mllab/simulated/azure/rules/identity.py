"""Identities and role assignments, as Azure treats them."""

from __future__ import annotations

from datetime import datetime, timedelta

from mllab.protocol.provider import Properties
from mllab.simulated.azure import places
from mllab.simulated.azure.rules import tokens
from mllab.simulated.azure.rules.arm import PERSON, Resource
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

SERVICE = "ServicePrincipal"
REPLICATED = timedelta(minutes=2)
"""How long the directory may not know a new identity yet: seconds to minutes.
Source: https://learn.microsoft.com/azure/role-based-access-control/troubleshooting"""

WITH_IDENTITY = (
    tokens.IDENTITY,
    tokens.MACHINE,
    tokens.WORKFLOW,
    tokens.WORKSPACE,
    tokens.COMPUTE,
    tokens.REGISTRY_TASK,
)


class RoleAssignment(Resource):
    """A role for a principal at a scope, which all three must exist, once."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        scope, principal = str(inputs["scope"]), str(inputs["principalId"])
        role = str(inputs["roleDefinitionId"]).rpartition("/")[2]
        if role not in places.roles():
            raise refuse(
                "RoleDefinitionDoesNotExist (404): The specified role definition with ID '{role}' "
                "does not exist (or the simulated Azure does not know it).",
                role=role.replace("-", ""),
            )
        if here.session.of_id(scope) is None and scope != f"/subscriptions/{here.account}":
            raise refuse(
                "ResourceNotFound (404): The resource '{scope}' was not found.", scope=scope
            )
        self._validate_principal(here, inputs, principal)
        for other in here.session.inside(scope):
            same = other.type == self.token and (old is None or other.uid != old.uid)
            if same and _triple(other.inputs) == _triple(inputs):
                refusal = self.facts.refusals[
                    "the same principal, role and scope under another name"
                ]
                raise refuse(refusal)

    def _validate_principal(self, here: Here, inputs: Properties, principal: str) -> None:
        """A person may be anybody; a service principal must be one of this subscription's."""
        type = inputs.get("principalType", "")
        found = next((r for t in WITH_IDENTITY if (r := here.get(t, principal))), None)
        since = datetime.fromisoformat(
            found.hidden.get("principal_since", found.since.isoformat()) if found else "2000-01-01"
        )
        fresh = found is not None and here.at < since + REPLICATED
        if (found is None and type == SERVICE) or (fresh and type != SERVICE):
            refusal = self.facts.refusals["principal not yet replicated"]
            hint = f"give principalType {SERVICE}"
            raise refuse(
                refusal, "" if type == SERVICE else hint, id=principal, tenant=places.TENANT
            )
        if found is not None and type not in ("", SERVICE):
            raise refuse(
                self.facts.refusals["principal of another type"],
                f"give principalType {SERVICE}",
                id=principal,
                found=SERVICE,
                given=type,
            )

    def outputs(self, here: Here, record: Record) -> Properties:
        person = {"createdBy": PERSON, "updatedBy": PERSON}
        return {**super().outputs(here, record), **person}


def grant(here: Here, owner: Record, principal: str, role: str, scope: str) -> None:
    """Give a role to a principal, as a service does by itself; it goes with `owner`."""
    number = here.draw.uuid()
    id = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{number}"
    child = here.child(owner, tokens.ROLE_ASSIGNMENT, id, number)
    child.inputs = {"principalId": principal, "roleDefinitionId": role, "scope": scope}
    here.session.save(child)


def _triple(inputs: Properties) -> tuple[str, str, str]:
    role = str(inputs["roleDefinitionId"]).rpartition("/")[2]
    return str(inputs["principalId"]), role, str(inputs["scope"])


KINDS: dict[str, type[Kind]] = {
    tokens.IDENTITY: Resource,
    tokens.ROLE_ASSIGNMENT: RoleAssignment,
}
