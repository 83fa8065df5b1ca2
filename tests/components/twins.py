"""The labs of all clouds, and what is told of their resources in the same way."""

from __future__ import annotations

import functools
import importlib
import inspect
from typing import Any

from mllab.engines.contract import Resource
from tests.components.azure.azure_account import AZURE
from tests.components.cloud_labs import CloudLabs
from tests.components.gcp.gcp_account import GCP
from tests.components.labs import AWS
from tests.components.render import Rendered

LABS = {labs.name: labs for labs in (AWS, AZURE, GCP)}
STACKS = tuple(stack for labs in LABS.values() for stack in labs.stacks)

SDKS = {"aws": "pulumi_aws", "azure-native": "pulumi_azure_native", "gcp": "pulumi_gcp"}
KEYWORDS = {"lambda": "lambda_"}
"""Modules that Python has another use for the name of."""
TAGS = {"tags": "tags", "labels": "labels", "user_labels": "userLabels"}
"""What an SDK and a provider call tags; what a channel calls its labels is where it sends to."""

UNTAGGED = {
    "azure": {
        *("BlobContainer", "BlobServiceProperties", "Budget", "Datastore", "FileServiceProperties"),
        *("FileShare", "ManagementPolicy", "RoleAssignment", "Subnet", "Table"),
    }
}
"""All that Azure does not tag."""
LIMITED = {
    "aws": (":Instance", ":NotebookInstance"),
    "azure": (":VirtualMachine",),
    "gcp": (),
}
"""Types that carry the limits of their seat as tags."""
TAGGED = {"aws": 21, "azure": 19, "gcp": 7}
"""How many resources of a lab are tagged at least."""


def declared(stack: str, kind: str = "vm") -> Rendered:
    """A committed stack as it stands or with another kind of notebooks, with everything known."""
    return labs_of(stack).committed(stack, kind)


def labs_of(stack: str) -> CloudLabs:
    return LABS[stack.partition("-")[0]]


def lab(stack: str, kind: str = "vm") -> Rendered:
    labs = labs_of(stack)
    if kind == "vm":
        return labs.committed(stack)
    return labs.variant(stack, kind=kind, seats=("ana", "bo"))


def seats_of(stack: str, kind: str) -> set[str]:
    return set(labs_of(stack).asked(stack).seats) if kind == "vm" else {"ana", "bo"}


def outputs_of(rendered: Rendered) -> dict[str, Any]:
    """What is registered of each role."""
    registered = rendered.registered.items()
    return dict(next(found for token, found in registered if token.endswith(":Environment")))


def own(rendered: Rendered) -> list[Resource]:
    """All that is the cloud's; the provider of a budget is Pulumi's."""
    return [each for each in rendered.custom() if not each.type.startswith("pulumi:")]


def tags_of(resource: Resource) -> dict[str, str] | None:
    """What it is tagged with; None for what takes no tags."""
    for taken, key in reversed(TAGS.items()):
        if taken in takes(resource.type):
            return dict(resource.inputs[key])
    return None


def sdk_class(token: str) -> Any:
    """The SDK's class of a resource type."""
    package, path, name = token.split(":")
    module = path.split("/")[0]
    found = importlib.import_module(f"{SDKS[package]}.{KEYWORDS.get(module, module)}")
    return getattr(found, name)


@functools.cache
def takes(token: str) -> frozenset[str]:
    """Arguments of a resource type."""
    return frozenset(inspect.signature(sdk_class(token)._internal_init).parameters)


@functools.cache
def deprecated(token: str) -> set[str] | None:
    """Inputs that the SDK calls deprecated; None if the type itself is."""
    found = sdk_class(token)
    if "warnings.warn" in inspect.getsource(found).split("def __init__")[0]:
        return None
    getters = inspect.getmembers(found, lambda member: isinstance(member, property))
    return {name for name, get in getters if "utilities.deprecated(" in inspect.getsource(get.fget)}
