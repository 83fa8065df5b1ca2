"""Stands in for Azure while a lab is rendered, and loads labs to look at.

It makes whatever it is asked for; ids look like Azure's, since ours are taken apart.
"""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

import pulumi
import pytest

from components.azure.network import Network
from components.contracts import NetworkArgs, Unsupported
from components.environment import Cloud, Environment, EnvironmentArgs
from mllab import program
from mllab.engines.contract import Resource
from mllab.errors import RunFailed
from mllab.protocol.provider import Call, Properties
from mllab.settings import files
from mllab.settings.clouds import Azure
from mllab.settings.lab import Lab
from tests.components.labs import ROOT
from tests.components.render import Agreeable, Answers, Rendered, render, replaced

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
GROUP = "azure-course-network-group-0abc123"
GROUP_ID = f"{SUBSCRIPTION}/resourceGroups/{GROUP}"
TENANT = "00000000-0000-0000-0000-00000000000a"
STACKS = ("azure-course", "azure-lab", "azure-tiny")

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


@functools.cache
def loaded(name: str = "azure-course") -> Lab:
    """A committed stack."""
    return files.load(files.find(ROOT, name))


@functools.cache
def asked(name: str = "azure-course") -> EnvironmentArgs:
    """What a stack asks of the components."""
    return program.arguments(loaded(name))


@functools.cache
def committed(name: str = "azure-course") -> Rendered:
    """A stack, with everything known."""
    return variant(name)


def cloud(name: str = "azure-course", *, kind: str = "vm", **switches: Any) -> Cloud:
    """The classes of a stack's cloud; of the notebooks those of a kind, and its own switches."""
    lab = loaded(name)
    changed = lab.model_copy(
        update={
            "azure": lab.azure.model_copy(update=switches),
            "notebook": lab.notebook.model_copy(update={"kind": kind}),
        }
    )
    return program.cloud(changed)


def variant(name: str = "azure-course", **changes: Any) -> Rendered:
    """As `_variant`, each only once: a thousand aliases of Azure's types make it slow."""
    key = repr((name, sorted(changes.items())))
    if key not in _variants:
        _variants[key] = _variant(name, **changes)
    return _variants[key]


_variants: dict[str, Rendered] = {}


def _variant(
    name: str,
    *,
    lab: Mapping[str, Any] | None = None,
    kind: str = "vm",
    switches: Mapping[str, Any] | None = None,
    preview: bool = False,
    recorded: Mapping[str, Mapping[str, Any]] | None = None,
    **changes: Any,
) -> Rendered:
    """A stack with other arguments; `lab` changes those that all roles share, `switches` what only
    Azure has."""
    args = _changed(asked(name), lab or {}, changes)
    where = cloud(name, kind=kind, **(switches or {}))
    return render(
        lambda: Environment(args.lab.name, args, where),
        ANSWERS,
        stack_name=name,
        preview=preview,
        recorded=recorded,
        account=AgreeableAzure,
    )


def declared(name: str = "azure-course") -> Rendered:
    """A stack as a run declares it, with its outputs."""
    return render(
        lambda: program.declare(loaded(name)), ANSWERS, stack_name=name, account=AgreeableAzure
    )


def rebuilt(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What is replaced, whatever Azure could change, when a course gets other arguments."""

    def declare(changes: Mapping[str, Any]) -> Callable[[], object]:
        switches = {key: changes[key] for key in changes if key in Azure.model_fields}
        rest = {key: changes[key] for key in changes if key not in switches}
        args = _changed(asked(), {}, rest)
        return lambda: Environment(args.lab.name, args, cloud(**switches))

    return replaced(
        declare(before),
        declare(after),
        ANSWERS,
        stack_name="azure-course",
        account=AgreeableAzure,
    )


def alone(
    role: str, kind: type[Any], told: Mapping[str, Any] | None = None, **changes: Any
) -> Rendered:
    """A role of the course with nothing but the network, which takes a tenth of the time.

    Args:
        kind: the class of its arguments. told: keywords of the role itself.
    """
    switches = {key: changes[key] for key in changes if key in Azure.model_fields}
    lab = changes.pop("lab", {})
    rest = {key: changes[key] for key in changes if key not in switches}
    whole = _changed(asked(), lab, rest)
    own = {each.name for each in fields(kind)} - {"network"}
    where = cloud(**switches)

    def declare() -> None:
        network = Network(
            f"{whole.lab.name}-network",
            NetworkArgs(
                lab=whole.lab,
                machines=(whole.notebook, whole.cluster),
                keep=True,
                files=whole.files,
            ),
        )
        args = kind(network=network, **{name: getattr(whole, name) for name in own})
        name = f"{whole.lab.name}-{role}"
        getattr(where, role)(name, args, pulumi.ResourceOptions(), **(told or {}))

    return render(declare, ANSWERS, stack_name="azure-course", account=AgreeableAzure)


def _changed(
    args: EnvironmentArgs, lab: Mapping[str, Any], changes: Mapping[str, Any]
) -> EnvironmentArgs:
    return replace(args, lab=replace(args.lab, **lab), **changes)


def refusal(make: Callable[..., Rendered], **changes: Any) -> str:
    """Why a variant is refused."""
    with pytest.raises(RunFailed) as caught:
        make(**changes)
    place, _, reason = str(caught.value).partition(f": {Unsupported.__name__}: ")
    assert place.startswith("components/azure/")
    return reason


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
