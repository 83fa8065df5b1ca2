"""What Azure Resource Manager does with every resource, and resource groups."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from mllab.protocol.provider import Properties, ProviderFailure
from mllab.simulated import facts, names
from mllab.simulated.azure import places
from mllab.simulated.azure.rules import tokens
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

CREATED = ("createdDate", "createdOn", "createdTime", "creationDate", "creationTime", "timeCreated")
CHANGED = ("accessTierChangeTime", "changedTime", "lastModifiedTime", "modifiedDate", "updatedOn")
"""Outputs that are moments."""

SETTINGS = (tokens.BLOB_SERVICE, tokens.FILE_SERVICE)
"""What is only a setting of its parent, though ids of other things go through its own."""

PERSON = "00000000-0000-0000-0000-000000000002"
"""Object id of the person who is logged in."""


def stamp(moment: datetime) -> str:
    """A moment as Azure writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.0000000Z")


def group_of(here: Here, record: Record) -> Record | None:
    """The resource group of a resource."""
    return here.get(tokens.GROUP, "/".join(record.id.split("/")[:5]))


class Resource(Kind):
    """A resource: its id is a path, and what lies below goes with it."""

    fills = False  # inputs, name and place alone: azureNativeProvider.Update, PreviewOutputs

    # ------------------------------------------------------------------------------- refusals

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        if old is None:
            id = self.id(here, inputs)
            if here.session.get(self.token, id, ""):
                # The provider looks first. Source: pulumi-azure-native issues 1123, 1722
                raise ProviderFailure(f"cannot create already existing resource '{id}'")
        if "location" in self.properties and "input" in self.properties["location"]:
            self.validate_location(inputs)

    def validate_location(self, inputs: Properties) -> None:
        """Refuse a missing location, and one that there is not. Raises ProviderFailure."""
        if "location" not in inputs:
            raise refuse(
                "LocationRequired (400): The location property is required for this definition.",
                "pulumi config set azure-native:location <location>",
            )
        if inputs["location"] not in places.regions():
            raise refuse(
                "LocationNotAvailableForResourceType (400): The provided location '{location}' is "
                "not available for resource type '{type}'.",
                location=inputs["location"],
                type=self.facts.computed["type"],
            )

    def id(self, here: Here, inputs: Properties) -> str:
        """The id that a resource with these inputs has."""
        words = {**inputs, "account": here.account}
        return str(names.fill(self.facts.computed["id"], words.__getitem__, None))

    def before_delete(self, here: Here, record: Record) -> None:
        """Refuse a delete while something outside needs what lies inside."""
        for inner in here.session.inside(record.id):
            for tie in facts.load(places.DATA)[inner.type].blocks:
                for user in here.session.users(inner, tie.object, tie.via):
                    if tie.refusal and not user.id.startswith(f"{record.id}/"):
                        raise refuse(tie.refusal, id=inner.id, name=inner.name, user=user.id)

    # -------------------------------------------------------------------------------- what is

    def created(self, here: Here, record: Record) -> None:
        record.hidden["changed"] = stamp(here.at)
        self._identify(here, record)

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        record.hidden["changed"] = stamp(here.at)
        self._identify(here, record)

    def _identify(self, here: Here, record: Record) -> None:
        """Give or take the identity that a resource has of its own."""
        wanted = "SystemAssigned" in str((record.inputs.get("identity") or {}).get("type"))
        if not wanted:
            record.hidden.pop("principal", None)
        elif "principal" not in record.hidden:
            record.hidden["principal"] = here.draw.uuid()
            record.hidden["principal_since"] = here.at.isoformat()

    def outputs(self, here: Here, record: Record) -> Properties:
        created, changed = stamp(record.since), record.hidden.get("changed", stamp(record.since))
        system = {
            "createdAt": created,
            "createdBy": PERSON,
            "createdByType": "User",
            "lastModifiedAt": changed,
            "lastModifiedBy": PERSON,
            "lastModifiedByType": "User",
        }
        known: Properties = {
            "systemData": system,
            "tenantId": places.TENANT,
            "identity": self._identity(here, record),
            **dict.fromkeys(CREATED, created),
            **dict.fromkeys(CHANGED, changed),
        }
        return {name: known[name] for name in self.facts.ruled if name in known}

    def _identity(self, here: Here, record: Record) -> dict[str, Any] | None:
        given = record.inputs.get("identity")
        if given is None:
            return None
        users: dict[str, Any] = {}
        for id in given.get("userAssignedIdentities") or []:
            user = here.get(tokens.IDENTITY, id)
            if user:
                users[id] = {key: user.outputs[key] for key in ("clientId", "principalId")}
        own = record.hidden.get("principal")
        return {
            "type": given["type"],
            **({"principalId": own, "tenantId": places.TENANT} if own else {}),
            **({"userAssignedIdentities": users} if users else {}),
        }

    def inside(self, here: Here, record: Record) -> Iterable[Record]:
        """What lies right below: the rest goes with that."""
        below = here.session.inside(record.id)
        between = [f"{child.id}/" for child in below if child.type not in SETTINGS]
        return [child for child in below if not child.id.startswith(tuple(between))]

    def keys(self, record: Record) -> Iterable[str]:
        principal = record.hidden.get("principal") or record.outputs.get("principalId")
        return (record.name, str(principal or ""))


class ResourceGroup(Resource):
    """Goes with everything inside, unless something outside depends on it."""

    def outputs(self, here: Here, record: Record) -> Properties:
        return {**super().outputs(here, record), "properties": {"provisioningState": "Succeeded"}}


KINDS: dict[str, type[Kind]] = {tokens.GROUP: ResourceGroup}
