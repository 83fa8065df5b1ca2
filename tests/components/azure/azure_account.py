"""Stands in for Azure while a lab is rendered, and loads labs to look at.

It makes whatever it is asked for; ids look like Azure's, since ours are taken apart.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

from components.azure.network import Network
from components.contracts import NetworkArgs
from components.environment import EnvironmentArgs
from mllab.engines.contract import Resource
from mllab.protocol.provider import Call, Properties
from tests.components.cloud_labs import CloudLabs
from tests.components.render import Agreeable, Answers, Rendered

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
GROUP = "azure-course-network-group-0abc123"
GROUP_ID = f"{SUBSCRIPTION}/resourceGroups/{GROUP}"
TENANT = "00000000-0000-0000-0000-00000000000a"

ANSWERS: Answers = {
    "azure-native:authorization:getClientConfig": lambda _: {
        "clientId": "c",
        "objectId": "o",
        "subscriptionId": SUBSCRIPTION.rpartition("/")[2],
        "tenantId": TENANT,
    }
}


class AgreeableAzure(Agreeable):
    """An Azure that says yes."""

    package = "azure-native"
    version = "3.29.0"

    def id(self, call: Call, inputs: Properties) -> str:
        if call.type.endswith("resources:ResourceGroup"):
            return f"{SUBSCRIPTION}/resourceGroups/{call.name}-0abc123"
        return f"{GROUP_ID}/{call.name}"

    def computed(self, call: Call, inputs: Properties) -> Properties:
        kind = call.type.rpartition(":")[2]
        own = {
            "StorageAccount": "accountName",
            "BlobContainer": "containerName",
            "FileShare": "shareName",
            "Table": "tableName",
            "Vault": "vaultName",
            "Registry": "registryName",
            "VirtualMachine": "vmName",
            "Compute": "computeName",
            "Datastore": "name",
        }
        name = inputs.get(own.get(kind, ""), f"{call.name}-0abc123")
        if call.type.endswith("machinelearningservices:Workspace"):
            name = inputs["workspaceName"]
        return {
            "name": name,
            "identity": {"principalId": f"{call.name}-principal", "type": "SystemAssigned"},
            "principalId": f"{call.name}-principal",
            "clientId": f"{call.name}-client",
            "vmId": f"{call.name}-number",
            "ipAddress": "203.0.113.7",
            "loginServer": f"{name}.azurecr.io",
        }

    def create(self, call: Call, inputs: Properties) -> Any:
        made = super().create(call, inputs)
        if "identity" not in inputs:
            return made
        # What is set and what Azure adds to it are one property; the list comes back as a map.
        added = {} if call.preview else self.computed(call, inputs)["identity"]
        named = inputs["identity"].get("userAssignedIdentities", [])
        whole = {**inputs["identity"], **added}
        whole["userAssignedIdentities"] = {str(each): {"clientId": "c"} for each in named}
        return replace(made, outputs={**made.outputs, "identity": whole})


def network(args: EnvironmentArgs) -> Network:
    """What a role that is rendered alone needs."""
    machines = (args.notebook, args.cluster)
    given = NetworkArgs(lab=args.lab, machines=machines, keep=True, files=args.files)
    return Network(f"{args.lab.name}-network", given)


AZURE = CloudLabs("azure", lambda _: ANSWERS, AgreeableAzure, network)
STACKS = AZURE.stacks
committed, variant, alone = AZURE.committed, AZURE.variant, AZURE.alone
loaded, asked, cloud = AZURE.loaded, AZURE.asked, AZURE.cloud
rebuilt, refusal = AZURE.rebuilt, AZURE.refusal


def document(machine: Resource) -> dict[str, Any]:
    """What a machine's custom data tells cloud-init."""
    text = base64.b64decode(machine.inputs["osProfile"]["customData"]).decode()
    assert text.startswith("#cloud-config\n")
    found = json.loads(text.split("\n", 1)[1])
    assert isinstance(found, dict)
    return found


def told(machine: Resource) -> dict[str, str]:
    """The settings file that a machine's custom data carries."""
    written = document(machine)["write_files"]
    (entry,) = [each for each in written if each["path"] == "/etc/mllab/lab.env"]
    content = base64.b64decode(entry["content"]).decode()
    return dict(line.split("=", 1) for line in content.splitlines())


def grants(rendered: Rendered) -> dict[str, tuple[str, str, str]]:
    """Of each right its role, who has it, and on what."""
    return {
        each.name: (
            each.inputs["roleDefinitionId"].rpartition("/")[2],
            each.inputs["principalId"],
            each.inputs["scope"],
        )
        for each in rendered.of("authorization:RoleAssignment")
    }
