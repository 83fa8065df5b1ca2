"""Workspaces and datastores of Azure Machine Learning, as Azure treats them."""

from __future__ import annotations

from datetime import timedelta

from mllab.protocol.provider import Properties
from mllab.simulated.azure.rules import identity, tokens
from mllab.simulated.azure.rules.arm import Resource, group_of
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

KEPT = timedelta(days=14)
"""Source: https://learn.microsoft.com/azure/machine-learning/concept-soft-delete"""

NEEDED = ("storageAccount", "keyVault", "applicationInsights")
OWN_CONTAINERS = ("azureml-blobstore-{id}", "azureml", "azureml-metrics")
OWN_SHARE = "code-{id}"
OWN_DATASTORES = (
    "workspaceblobstore",
    "workspacefilestore",
    "workspaceworkingdirectory",
    "workspaceartifactstore",
)
ADMINISTRATOR = "b78c5d69-af96-48a3-bf8d-a8b4d589de94"
"""The role Azure AI Administrator, which a new workspace's identity gets on the resource group.
Source: https://learn.microsoft.com/azure/machine-learning/how-to-assign-roles"""


class Workspace(Resource):
    """Deleted, it keeps its name in its group for two weeks, until it is purged."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        missing = [name for name in NEEDED if not inputs.get(name)]
        if missing or not inputs.get("identity"):
            raise refuse(
                "ValidationError (400): Missing dependent resources in workspace json: {missing}.",
                missing=", ".join(missing or ["identity"]),
            )
        storage = here.get(tokens.ACCOUNT, inputs["storageAccount"])
        if storage and (
            storage.inputs["kind"] != "StorageV2"
            or storage.inputs.get("isHnsEnabled")
            or storage.inputs["sku"]["name"].startswith("Premium")
        ):
            raise refuse(
                "ValidationError (400): The storage account {name} of a workspace must be of kind "
                "StorageV2, standard, and without hierarchical namespace.",
                name=storage.name,
            )
        if old is None and here.session.remains(here.at, self.id(here, inputs)):
            raise refuse(
                self.facts.refusals["workspace name in its group"],
                f"az ml workspace delete --name {inputs['workspaceName']} --resource-group "
                f"{inputs['resourceGroupName']} --permanently-delete",
            )

    def created(self, here: Here, record: Record) -> None:
        super().created(here, record)
        storage, group = here.get(tokens.ACCOUNT, record.inputs["storageAccount"]), None
        if storage:
            self._fill(here, record, storage)
            group = group_of(here, record)
        principal = record.hidden.get("principal")
        if group and principal:
            identity.grant(here, group, principal, ADMINISTRATOR, group.id)

    def _fill(self, here: Here, record: Record, storage: Record) -> None:
        """Make the containers and the share that a workspace keeps its things in."""
        number = record.outputs["workspaceId"]
        for pattern in OWN_CONTAINERS:
            name = pattern.format(id=number)
            id = f"{storage.id}/blobServices/default/containers/{name}"
            if here.session.get(tokens.CONTAINER, id, "") is None:
                here.child(storage, tokens.CONTAINER, id, name)
        name = OWN_SHARE.format(id=number)
        here.child(storage, tokens.SHARE, f"{storage.id}/fileServices/default/shares/{name}", name)
        for name in OWN_DATASTORES:
            here.child(record, tokens.DATASTORE, f"{record.id}/datastores/{name}", name)

    def outputs(self, here: Here, record: Record) -> Properties:
        location, number = record.outputs["location"], record.outputs["workspaceId"]
        notebooks = {
            "resourceId": number.replace("-", ""),
            "fqdn": f"ml-{record.name}-{location}-{number}.{location}.notebooks.azure.net",
            "isPrivateLinkEnabled": False,
        }
        return {**super().outputs(here, record), "notebookInfo": notebooks}

    def after_delete(self, here: Here, record: Record) -> None:
        here.session.remain(record, here.at + KEPT)


class Datastore(Resource):
    """A name for a container; nobody looks whether that exists."""

    def outputs(self, here: Here, record: Record) -> Properties:
        properties = {"isDefault": False, **record.inputs["properties"]}
        return {**super().outputs(here, record), "properties": properties}


KINDS: dict[str, type[Kind]] = {tokens.WORKSPACE: Workspace, tokens.DATASTORE: Datastore}
